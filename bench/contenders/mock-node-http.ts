import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { chatChunk, chatUsageChunk, doneData } from '../../src/protocol/openai-chat-completions.ts'
import { frame } from '../../src/protocol/protocol.ts'
import { Histogram } from '../../src/stats/histogram.ts'
import type { MockTask } from '../messages.ts'
import { readTask, serve } from './parent.ts'
import { createPlainWheel } from './plain-wheel.ts'
import { model } from './requests.ts'

const { chunks, delayMs } = readTask<MockTask>()
const identity = { id: 'mock-1-0', model, createdS: 0 }
const usage = { prompt_tokens: 12, completion_tokens: chunks, total_tokens: 12 + chunks }
const opening = chatChunk(identity, { role: 'assistant', content: '' })
const delta = chatChunk(identity, { content: 'window ' })
const closing = [chatChunk(identity, {}, 'stop'), chatUsageChunk(identity, usage), frame(undefined, doneData)].join('')
const edgeBytes = Buffer.byteLength(opening + closing)
const deltaBytes = Buffer.byteLength(delta)

const at = createPlainWheel()
const pacingError = new Histogram()
let streams = 0
let deltas = 0

function play(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' })
  response.write(opening)
  const startMs = performance.now()
  let sent = 0
  const turn = () => {
    if (response.destroyed) return
    pacingError.record((performance.now() - startMs - sent * delayMs) * 1000)
    response.write(delta)
    deltas++
    sent++
    at(startMs + sent * delayMs, sent < chunks ? turn : end)
  }
  const end = () => {
    response.end(closing)
    streams++
  }
  turn()
}

const server = createServer({ noDelay: true }, (request, response) => {
  const body: Buffer[] = []
  request.on('data', (bytes: Buffer) => body.push(bytes))
  request.on('end', () => {
    JSON.parse(Buffer.concat(body).toString())
    play(response)
  })
})
server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 })
await once(server, 'listening')
await serve({
  url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  pid: process.pid,
  report: () => {
    const p99Us = pacingError.quantile(0.99)
    return {
      deltas,
      events: deltas + streams * 4,
      bytes: deltas * deltaBytes + streams * edgeBytes,
      ...(p99Us !== undefined && { pacingP99Ms: p99Us / 1000 }),
    }
  },
  close: async () => {
    server.close()
    server.closeAllConnections()
  },
})
