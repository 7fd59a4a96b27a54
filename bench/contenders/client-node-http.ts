import { Buffer } from 'node:buffer'
import { Agent, request } from 'node:http'
import type { ClientTask } from '../messages.ts'
import { endWithParent, readTask, tellLast } from './parent.ts'
import { requestBody, requestUrl } from './requests.ts'
import { runSimpleClient } from './simple-client.ts'

endWithParent()
const task = readTask<ClientTask>()
const url = requestUrl(task)
const agent = new Agent({ keepAlive: false })
const report = await runSimpleClient(task, (stream, onBytes, onEnd) => {
  const body = JSON.stringify(requestBody(task, stream))
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
  let failed = false
  request(url, { method: 'POST', agent, headers }, (response) => {
    response.on('data', onBytes)
    response.on('end', () => {
      if (!failed) onEnd(response.complete && response.statusCode === 200)
    })
  })
    .on('error', () => {
      failed = true
      onEnd(false)
    })
    .end(body)
})
tellLast(report)
