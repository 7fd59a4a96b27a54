import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { MockTask } from '../messages.ts'
import { createBareScript } from './bare-script.ts'
import { readTask, serve } from './parent.ts'

const { chunks, delayMs } = readTask<MockTask>()
const script = createBareScript(chunks, delayMs)

const server = createServer({ noDelay: true }, (request, response) => {
  const body: Buffer[] = []
  request.on('data', (bytes: Buffer) => body.push(bytes))
  request.on('end', () => {
    JSON.parse(Buffer.concat(body).toString())
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' })
    script.play({
      isGone: () => response.destroyed,
      write: (text) => response.write(text),
      end: (text) => response.end(text),
    })
  })
})
server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 })
await once(server, 'listening')
await serve({
  url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  pid: process.pid,
  report: script.report,
  close: async () => {
    server.close()
    server.closeAllConnections()
  },
})
