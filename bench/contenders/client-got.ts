import { Agent } from 'node:http'
import got from 'got'
import type { ClientTask } from '../messages.ts'
import { endWithParent, readTask, tellLast } from './parent.ts'
import { requestBody, requestUrl } from './requests.ts'
import { runSimpleClient } from './simple-client.ts'

endWithParent()
const task = readTask<ClientTask>()
const url = requestUrl(task)
const post = got.extend({
  method: 'POST',
  agent: { http: new Agent({ keepAlive: false }) },
  retry: { limit: 0 },
  followRedirect: false,
  decompress: false,
})
const report = await runSimpleClient(task, (stream, onBytes, onEnd) => {
  post
    .stream(url, { json: requestBody(task, stream) })
    .on('data', onBytes)
    .once('end', () => onEnd(true))
    .once('error', () => onEnd(false))
})
tellLast(report)
