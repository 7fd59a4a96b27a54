import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isTooDeep } from '../src/base/json.ts'
import { checkStream } from '../src/grammar/check-stream.ts'
import { parseRequest } from '../src/mock/request.ts'
import { readError } from '../src/reference/chat-fields.ts'
import { createChatReader } from '../src/reference/chat-reader.ts'
import { readCompletion } from '../src/reference/completion.ts'
import { dialects } from '../src/reference/dialect.ts'
import { maxDepth } from '../src/reference/failure.ts'
import type { UpstreamEvent } from '../src/reference/upstream-event.ts'
import { goodChat, onTheWire } from './fixtures/good-streams.ts'
import { holesIn, hostileValues, largeValues } from './fixtures/hostile-values.ts'

const fallback = { id: 'chatcmpl-0', model: 'x', createdS: 1 }
const request = { chat: {}, model: 'x', isStream: true, includeUsage: true, choices: 1 }

/** Whether each member takes every large value; otherwise one after the other takes the next one. */
const isFull = process.env['FUZZ_INPUTS'] !== undefined
let next = 0

/** A value as JSON with one member, or the value itself, replaced by each hostile value. */
function* replaced(value: unknown): Generator<string> {
  for (const [before, after] of holesIn(value)) {
    const large = isFull ? largeValues : largeValues.slice(next++ % largeValues.length).slice(0, 1)
    for (const hostile of [...hostileValues, ...large]) yield before + hostile + after
  }
}

/** An excerpt of JSON for a failure message. */
const cut = (json: string) => (json.length > 500 ? `${json.slice(0, 250)} ... ${json.slice(-250)}` : json)

/** Runs a step for each text; the message of what it throws names the text. Returns the number of texts. */
function forEach(texts: Iterable<string>, step: (json: string) => void): number {
  let count = 0
  for (const json of texts) {
    count++
    try {
      step(json)
    } catch (cause) {
      throw new Error(cut(json), { cause })
    }
  }
  return count
}

describe('the reference gateway, for every member of every event of its upstream and every hostile value', () => {
  for (const [path, dialect] of dialects)
    it(`ends the answer of ${path} as a complete stream or with an error`, () => {
      const isTranslated = dialect.protocol.name !== 'openai-chat-completions'
      const streams = function* () {
        for (const [at, [type, data]] of goodChat.entries())
          if (typeof data !== 'string')
            for (const json of replaced(data)) yield onTheWire(goodChat.with(at, [type, json])).toString()
      }
      const ends = { end: 0, error: 0 }
      const count = forEach(streams(), (stream) => {
        const check = checkStream({ protocol: dialect.protocol.name, onFinding: () => {} })
        const write = dialect.writer(request, fallback)
        const kinds: UpstreamEvent['kind'][] = []
        const reader = createChatReader({
          choices: 1,
          fallback,
          emit: (event) => {
            kinds.push(event.kind)
            check.push(Buffer.from(write(event)))
          },
        })
        reader.push(Buffer.from(stream))
        reader.end()
        const last = kinds.at(-1)
        if (last !== 'end' && last !== 'error') throw new Error(`ends with ${last}`)
        ends[last]++
        assert.ok(kinds.slice(0, -1).every((kind) => kind !== 'end' && kind !== 'error'))
        // Chat completions are passed on as they are, if a client can read them.
        const { groups } = check.end()
        if (isTranslated)
          assert.deepEqual(
            groups.filter(({ severity }) => severity === 'error').flatMap(({ first }) => first),
            [],
          )
      })
      assert.ok(count > 1500 && ends.end > 100 && ends.error > 100, JSON.stringify({ count, ...ends }))
    })

  const call = { id: 'c', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }
  const message = { role: 'assistant', content: 'Hi', reasoning_content: 'Hm', tool_calls: [call] }
  const completion = {
    id: 'c1',
    object: 'chat.completion',
    created: 7,
    model: 'x',
    choices: [{ index: 0, message, finish_reason: 'tool_calls' }],
    usage: { prompt_tokens: 1, completion_tokens: 2, completion_tokens_details: { reasoning_tokens: 1 } },
  }

  it('answers with a complete body or an error', () => {
    const count = forEach(replaced(completion), (json) => {
      if (isTooDeep(Buffer.from(json), maxDepth)) return
      const read = readCompletion(json, fallback)
      if ('reason' in read) assert.ok(read.status >= 400 && read.message.length > 0)
      else for (const { body } of dialects.values()) JSON.parse(body(read))
    })
    assert.ok(count > 500)
  })

  it('reads an error as a text and a status', () => {
    const errors = [
      { error: { message: 'no', type: 'server_error', code: 503, status: 503, param: null } },
      { object: 'error', message: 'no', code: 400 },
      { detail: [{ msg: 'no', loc: ['body'] }] },
    ]
    for (const error of errors)
      forEach(replaced(error), (json) => {
        const value: unknown = JSON.parse(json)
        if (typeof value !== 'object' || value === null || Array.isArray(value)) return
        const read = readError(value as Readonly<Record<string, unknown>>)
        if (!read) return
        assert.equal(typeof read.message, 'string')
        assert.ok(read.message.length <= 1000)
        assert.ok(read.status === undefined || (read.status >= 400 && read.status < 600))
      })
  })
})

const tool = { name: 'f', description: 'd' }
const parameters = { type: 'object', properties: { text: { type: 'string' } } }
/** A request with each kind of member, by the path of its protocol. */
const requests: Readonly<Record<string, object>> = {
  '/v1/chat/completions': {
    model: 'p,x',
    stream: true,
    n: 1,
    messages: [{ role: 'user', content: [{ type: 'text', text: '[plan seed=1 stream=1]' }] }],
    stream_options: { include_usage: true },
    tools: [{ type: 'function', function: { ...tool, parameters } }],
  },
  '/v1/messages': {
    model: 'p,x',
    stream: true,
    max_tokens: 9,
    system: [{ type: 'text', text: 's' }],
    messages: [
      { role: 'user', content: [{ type: 'text', text: 'hello' }] },
      { role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'f', input: { a: 1 } }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: [{ type: 'text', text: 'r' }] }] },
    ],
    tools: [{ ...tool, input_schema: parameters }],
    tool_choice: { type: 'tool', name: 'f', disable_parallel_tool_use: true },
    metadata: { user_id: 'u' },
  },
  '/v1/responses': {
    model: 'p,x',
    stream: true,
    input: [
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'hello' }] },
      { type: 'function_call', call_id: 't', name: 'f', arguments: '{}' },
      { type: 'function_call_output', call_id: 't', output: 'r' },
    ],
    tools: [{ type: 'custom', ...tool, format: { type: 'grammar', syntax: 'lark', definition: 'd' } }],
    tool_choice: { type: 'function', name: 'f' },
  },
}

describe('a request with any member replaced by a hostile value', () => {
  for (const [path, { protocol, read }] of dialects)
    it(`is read or rejected at ${path}, by the mock and by the reference gateway`, () => {
      const seen = { read: 0, rejected: 0 }
      const count = forEach(replaced(requests[path] ?? assert.fail(path)), (json) => {
        if (isTooDeep(Buffer.from(json), maxDepth)) return
        const body: unknown = JSON.parse(json)
        const parsed = parseRequest(protocol.name, body)
        seen[typeof parsed === 'string' ? 'rejected' : 'read']++
        if (typeof body !== 'object' || body === null || Array.isArray(body)) return
        const asked = read(body)
        if ('chat' in asked) JSON.stringify(asked.chat)
        else assert.ok(asked.problem.length < 1000, asked.problem)
      })
      assert.ok(count > 500 && seen.read > 100 && seen.rejected > 100, JSON.stringify(seen))
      assert.equal(({} as { polluted?: unknown }).polluted, undefined)
    })
})
