import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkStream } from '../src/grammar/check-stream.ts'
import { type ProtocolName, protocolNames } from '../src/model/protocol-name.ts'
import { frame } from '../src/protocol/protocol.ts'
import { isFull, pieces, repeated, withinLimit } from './fixtures/large-text.ts'
import { readInRun } from './fixtures/read-in-run.ts'

const chat = (choices: string) =>
  frame(undefined, `{"id":"c","object":"chat.completion.chunk","created":7,"model":"x","choices":${choices}}`)
const textDelta: Readonly<Record<ProtocolName, (text: string) => string>> = {
  'openai-chat-completions': (text) => chat(`[{"index":0,"delta":{"role":"assistant","content":${text}}}]`),
  'anthropic-messages': (text) =>
    frame('content_block_start', '{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}') +
    frame(
      'content_block_delta',
      `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":${text}}}`,
    ),
  'openai-responses': (text) =>
    frame(
      'response.output_text.delta',
      `{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":${text}}`,
    ),
}
/** Each element costs more than a character of a text: fewer show quadratic time too. */
const floodSize = isFull ? 1_000_000 : 250_000
const listOf = (value: string) => `[${repeated(`${value},`, floodSize)}${value}]`
const flood = (event: string) => repeated(event, floodSize)
const many = (count: number, eventOf: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => eventOf(index)).join('')
const block = '{"type":"tool_use","id":"t","name":"f","input":{}}'

/** Streams in which a rule breaks once for each of many elements or events. */
const floods: Readonly<Record<ProtocolName, readonly string[]>> = {
  'openai-chat-completions': [
    ...['0', '{}', '{"index":0,"delta":{}}', '{"index":0,"finish_reason":"x"}'].map((entry) => chat(listOf(entry))),
    ...['{}', '{"index":0,"id":"a","function":{"arguments":"{"}}'].map((call) =>
      chat(`[{"index":0,"delta":{"tool_calls":${listOf(call)}}}]`),
    ),
    many(floodSize / 100, (index) => chat(`[{"index":${index},"delta":{"tool_calls":[{"index":${index}}]}}]`)),
    ...['data:\n', 'data:0\n\n', 'data:{}\n\n', 'data:[DONE]\n\n'].map(flood),
    many(floodSize / 50, (index) => frame(`e${index}`, '{}')),
  ],
  'anthropic-messages': [
    frame('message_start', `{"type":"message_start","message":{"content":${listOf('0')},"usage":${listOf('{}')}}}`),
    many(floodSize / 140, (index) =>
      frame(
        'content_block_start',
        `{"type":"content_block_start","index":${index},"content_block":${block.replace('"t"', `"t${index}"`)}}`,
      ),
    ),
    flood('data:{}\n\n'),
  ],
  'openai-responses': [
    frame('response.completed', `{"type":"response.completed","response":{"output":${listOf('{}')}}}`),
    many(floodSize / 140, (index) =>
      frame(
        'response.output_item.added',
        `{"type":"response.output_item.added","output_index":${index},"item":{"type":"message","id":"i${index}"}}`,
      ),
    ),
    flood('data:{}\n\n'),
  ],
}

describe('a large stream takes linear time in a run and in check', () => {
  const both = (protocol: ProtocolName, stream: Buffer) => {
    for (const isPlanCertain of [true, false]) {
      const { findings = [] } = readInRun(protocol, stream, isPlanCertain)
      assert.ok(findings.every(({ got }) => got.length <= 512))
    }
    const check = checkStream({ protocol, onFinding: () => {} })
    check.push(stream)
    check.end()
  }

  for (const protocol of protocolNames) {
    it(`as the text of a delta of ${protocol}`, () => {
      for (const piece of isFull ? pieces : ['~', '~0.1.00000000.0000000.000000x', '\u001b];', 'a']) {
        const stream = Buffer.from(textDelta[protocol](JSON.stringify(repeated(piece))))
        withinLimit(() => both(protocol, stream))
      }
    })
    it(`as events that each break a rule of ${protocol}`, () => {
      for (const text of floods[protocol]) {
        const stream = Buffer.from(text)
        withinLimit(() => both(protocol, stream))
      }
    })
  }
})
