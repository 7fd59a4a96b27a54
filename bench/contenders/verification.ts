import { Buffer } from 'node:buffer'
import { Answer } from '../../src/load/answer.ts'
import { answerHead } from '../../src/mock/dialect.ts'
import { dialects } from '../../src/mock/dialects.ts'
import { streamFragments } from '../../src/mock/fragments.ts'
import type { ProtocolName } from '../../src/model/protocol-name.ts'
import { stopNames } from '../../src/plan/content.ts'
import { protocols } from '../../src/protocol/protocols.ts'
import { SseParser } from '../../src/protocol/sse.ts'

/** The task of this process: only `parse` events, or also `verify` them. */
const [, , mode = 'parse', protocol = 'openai-chat-completions'] = process.argv as [
  string,
  string,
  'parse' | 'verify',
  ProtocolName,
]
const chunks = 50
const streams = 4000
/** Number of half-read streams to keep, to measure the memory of one. */
const held = 5000

/** The events of one stream, each in a separate read. */
function eventsOf(stream: number): readonly Buffer[] {
  const head = answerHead({ key: { seed: 1, stream }, model: 'mock-model', chunks, includeUsage: true })
  const script = dialects[protocol].script(head)
  const fragments = streamFragments(head.key, head.blocks, () => 1e12)
  const deltas = Array.from({ length: chunks }, (_, delta) => script.delta(fragments.next().value as string, delta))
  return [...script.opening, ...deltas, ...script.closing()].map((event) => Buffer.from(event))
}

/** Opens the reading end of a stream; each call processes one read. */
function readerOf(stream: number): { push: (bytes: Buffer) => void; problems: () => number } {
  if (mode === 'parse') {
    const parser = new SseParser(() => {})
    return { push: (bytes) => parser.push(bytes), problems: () => 0 }
  }
  const answer = new Answer({
    protocol: protocols[protocol],
    isPlanCertain: true,
    planned: {
      key: { seed: 1, stream, content: 'plain' },
      chunks,
      isUsageSent: true,
      model: 'mock-model',
      stop: stopNames[protocol].end_turn,
      rules: { stop: 'I9', usage: 'I8' },
    },
  })
  const parser = new SseParser((type, bytes, start, end) => void answer.event(type, bytes, start, end))
  return {
    push: (bytes) => parser.push(bytes),
    problems: () => Object.keys(answer.findings().findingCounts ?? {}).length,
  }
}

let events = 0
let cpuUs = 0
let problems = 0
for (let stream = 0; stream < streams; stream++) {
  const reads = eventsOf(stream)
  const reader = readerOf(stream)
  const before = process.cpuUsage()
  for (const read of reads) reader.push(read)
  const { user, system } = process.cpuUsage(before)
  cpuUs += user + system
  events += reads.length
  problems += reader.problems()
}

const collect = globalThis.gc as () => void
const reads = Array.from({ length: held }, (_, stream) => eventsOf(stream).slice(0, chunks / 2))
collect()
const before = process.memoryUsage()
const readers = reads.map((streamEvents, stream) => {
  const reader = readerOf(stream)
  for (const event of streamEvents) reader.push(event)
  return reader
})
collect()
const after = process.memoryUsage()
const bytes = after.heapUsed + after.external - before.heapUsed - before.external
process.stdout.write(JSON.stringify({ usPerEvent: cpuUs / events, bytesPerStream: bytes / readers.length, problems }))
