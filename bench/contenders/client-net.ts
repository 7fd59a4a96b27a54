import { Buffer } from 'node:buffer'
import { connect } from 'node:net'
import type { ClientTask } from '../messages.ts'
import { endWithParent, readTask, tellLast } from './parent.ts'
import { requestBody, requestUrl } from './requests.ts'
import { runSimpleClient } from './simple-client.ts'

endWithParent()
const task = readTask<ClientTask>()
const { host, hostname, port, pathname } = requestUrl(task)
const buffer = Buffer.allocUnsafe(64 * 1024)
const head = `POST ${pathname} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\nContent-Type: application/json\r\n`

// The lower bound: the cost of only reading in Node.js. It searches the raw response for blank lines.
const report = await runSimpleClient(task, (stream, onBytes, onEnd) => {
  const body = JSON.stringify(requestBody(task, stream))
  const callback = (length: number) => {
    onBytes(buffer.subarray(0, length))
    return true
  }
  const socket = connect({ host: hostname, port: Number(port), noDelay: true, onread: { buffer, callback } })
  socket
    .once('connect', () => socket.write(`${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`))
    .once('close', (hadError) => onEnd(!hadError))
    .once('error', () => {
      // `close` follows and reports it.
    })
})
tellLast({ ...report, bytes: undefined })
