import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readStream } from '../../test/fixtures/gateway-between.ts'
import { parseEvents } from '../../test/fixtures/http-ask.ts'
import { chunk, done, usageChunk } from '../../test/fixtures/scripted-upstream.ts'
import { protocolNames } from '../model/protocol-name.ts'
import { createAnthropicWriter } from './anthropic-writer.ts'
import { createChatReader } from './chat-reader.ts'
import { createChatWriter } from './chat-writer.ts'
import { createResponsesStreamWriter } from './responses-writer.ts'
import type { StreamWriter } from './upstream-event.ts'

const fallback = { id: 'fallback', model: 'fallback-model', createdS: 0 }
const writers: Readonly<Record<(typeof protocolNames)[number], () => StreamWriter>> = {
  'anthropic-messages': createAnthropicWriter,
  'openai-chat-completions': () => createChatWriter(true),
  'openai-responses': () => createResponsesStreamWriter(fallback),
}

/** Passes a stream of bytes, split at `cuts`, through the reader and a writer. */
function relay(name: (typeof protocolNames)[number], bytes: Buffer, cuts: readonly number[]): string {
  const write = writers[name]()
  let out = ''
  const reader = createChatReader({
    choices: 1,
    fallback,
    emit: (event) => {
      out += write(event)
    },
  })
  let at = 0
  for (const cut of [...cuts.map((n) => n % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]) {
    reader.push(Buffer.from(bytes.subarray(at, cut)))
    at = cut
  }
  reader.end()
  return out
}

const text = fc.string({ unit: 'grapheme', minLength: 1 })
const piece = fc.oneof(
  fc.record({ kind: fc.constant('text' as const), text }),
  fc.record({ kind: fc.constant('thinking' as const), text }),
  fc.record({ kind: fc.constant('tool' as const), tool: fc.nat(3) }),
)
const cuts = fc.array(fc.nat(100_000), { maxLength: 20 })

/** An answer with any sequence of pieces: what the upstream sends, and what the client must receive. */
const answer = fc
  .tuple(
    fc.array(piece, { minLength: 1, maxLength: 30 }),
    fc.array(fc.json({ maxDepth: 2 }), { minLength: 4, maxLength: 4 }),
  )
  .map(([pieces, values]) => {
    const begun: number[] = []
    const left = new Map<number, string>()
    let stream = ''
    const call = (tool: number, json: string, isFirst: boolean) => {
      const head = isFirst ? { id: `call_${tool}`, type: 'function' } : {}
      const name = isFirst ? { name: `tool_${tool}` } : {}
      stream += chunk({ tool_calls: [{ index: begun.indexOf(tool), ...head, function: { ...name, arguments: json } }] })
    }
    for (const item of pieces) {
      if (item.kind === 'text') stream += chunk({ content: item.text })
      else if (item.kind === 'thinking') stream += chunk({ reasoning_content: item.text })
      else {
        const isFirst = !begun.includes(item.tool)
        if (isFirst) {
          begun.push(item.tool)
          left.set(item.tool, `{"v":${values[item.tool]}}`)
        }
        const rest = left.get(item.tool) ?? ''
        const length = Math.ceil(rest.length / 3)
        left.set(item.tool, rest.slice(length))
        call(item.tool, rest.slice(0, length), isFirst)
      }
    }
    for (const tool of begun) call(tool, left.get(tool) ?? '', false)
    return {
      stream: Buffer.from(chunk({ role: 'assistant' }) + stream + chunk({}, 'stop') + usageChunk + done),
      text: pieces.map((item) => (item.kind === 'text' ? item.text : '')).join(''),
      thinking: pieces.map((item) => (item.kind === 'thinking' ? item.text : '')).join(''),
      tools: begun.map((tool) => ({ id: `call_${tool}`, name: `tool_${tool}`, arguments: `{"v":${values[tool]}}` })),
    }
  })

for (const name of protocolNames) {
  test(`${name}: any sequence of pieces, split anywhere, keeps grammar and content`, () => {
    fc.assert(
      fc.property(answer, cuts, ({ stream, ...expected }, at) => {
        const parsed = readStream[name](parseEvents(relay(name, stream, at)))
        assert.equal(parsed.error, undefined)
        assert.deepEqual({ text: parsed.text, thinking: parsed.thinking, tools: parsed.tools }, expected)
      }),
      { numRuns: 200 },
    )
  })

  test(`${name}: a stream that ends before its finish is an error`, () => {
    fc.assert(
      fc.property(answer, fc.nat(1_000_000), cuts, ({ stream }, n, at) => {
        // The last event may lack its blank line, so the stream is complete as soon as the finish event's JSON is.
        const finishAt = stream.indexOf('\n', stream.indexOf('"finish_reason":"stop"'))
        const parsed = readStream[name](parseEvents(relay(name, stream.subarray(0, n % finishAt), at)))
        assert.ok(parsed.error)
        assert.equal(parsed.finish, undefined)
      }),
      { numRuns: 200 },
    )
  })

  test(`${name}: no input makes the reader throw or the writer break its grammar`, () => {
    const junk = fc.oneof(
      fc.json().map((json) => `data: ${json}\n\n`),
      fc.json().map((json) => chunk({ tool_calls: JSON.parse(json) })),
      fc.json().map((json) => chunk({ content: JSON.parse(json) })),
      fc.json().map((json) => `data: {"choices":${json}}\n\n`),
      fc.constantFrom(
        chunk({ content: 'x' }),
        chunk({}, 'stop'),
        done,
        ': c\n\n',
        'event: error\ndata: x\n\n',
        usageChunk,
      ),
    )
    fc.assert(
      fc.property(fc.array(junk, { maxLength: 6 }), (events) => {
        readStream[name](parseEvents(relay(name, Buffer.from(events.join('')), [])))
      }),
      { numRuns: 300 },
    )
  })
}
