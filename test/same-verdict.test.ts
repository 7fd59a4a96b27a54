import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { describe, it } from 'node:test'
import { checkStream } from '../src/grammar/check-stream.ts'
import type { RuleId } from '../src/grammar/rules.ts'
import type { FailureKind } from '../src/model/failure.ts'
import { type ProtocolName, protocolNames } from '../src/model/protocol-name.ts'
import type { StreamRecord } from '../src/model/record.ts'
import { parsePlanMarker } from '../src/plan/key.ts'
import { frame } from '../src/protocol/protocol.ts'
import { goodAnthropic, goodChat, goodResponses, type HandEvent, onTheWire } from './fixtures/good-streams.ts'
import { holesIn, hostileValues, lacking, largeValues } from './fixtures/hostile-values.ts'
import { load } from './fixtures/load.ts'
import { readInRun } from './fixtures/read-in-run.ts'
import { chunk, lastChunk, sseHead } from './fixtures/response-bytes.ts'
import { withServer } from './fixtures/script-server.ts'

/** A stream that both judge. */
interface Case {
  readonly title: string
  readonly bytes: Buffer
}

type Verdict = 'complete' | 'honest error' | 'broken'

/** The failure kinds of a stream that ends honestly. */
const honestKinds: readonly FailureKind[] = ['inband_error']

/** The rules of data that is not JSON, and of JSON that is not an event. */
const unreadRules: Readonly<Record<string, readonly RuleId[]>> = {
  json_malformed: ['C1', 'json_malformed'],
  not_an_event: ['A2', 'A5', 'C1', 'R1'],
}

const goodStreams: Readonly<Record<ProtocolName, readonly HandEvent[]>> = {
  'anthropic-messages': goodAnthropic,
  'openai-chat-completions': goodChat,
  'openai-responses': goodResponses,
}

const errorOf: Readonly<Record<ProtocolName, string>> = {
  'anthropic-messages': frame('error', '{"type":"error","error":{"type":"api_error","message":"no"}}'),
  'openai-chat-completions': frame(undefined, '{"error":{"message":"no"}}'),
  'openai-responses': frame('error', '{"type":"error","code":"x","message":"no"}'),
}

/** Events that may be wrong anywhere, or only in some place. */
const inserted: Readonly<Record<string, string>> = {
  'data that is not JSON': frame(undefined, '{"id":'),
  'two JSON values': frame(undefined, '{}{}'),
  'no data': frame(undefined, ''),
  null: frame(undefined, 'null'),
  'a number': frame(undefined, '5'),
  'a text': frame(undefined, '"x"'),
  'a list': frame(undefined, '[{}]'),
  'an empty object': frame(undefined, '{}'),
  'an object whose type is not a text': frame(undefined, '{"type":{"toString":1},"choices":{}}'),
  'an event that names no type': frame('ping', '{}'),
  'an event of Anthropic Messages': frame(undefined, '{"type":"content_block_stop","index":0}'),
  'a named event of Anthropic Messages': frame('content_block_stop', '{"type":"content_block_stop","index":0}'),
  'a delta without its delta': frame('content_block_delta', '{"type":"content_block_delta","index":0}'),
  'a whole message': frame(undefined, '{"id":"m","type":"message","role":"assistant","content":[]}'),
  'a chunk of chat completions': frame(undefined, JSON.stringify(goodChat[1]?.[1])),
  'an event of Responses': frame('response.in_progress', '{"type":"response.in_progress","sequence_number":1}'),
  'an unknown event': frame('new_event', '{"type":"new_event"}'),
  ping: frame('ping', '{"type":"ping"}'),
  'an error of Anthropic Messages': errorOf['anthropic-messages'],
  'an error of chat completions': errorOf['openai-chat-completions'],
  'an error of Responses': errorOf['openai-responses'],
  'an error as a text': frame(undefined, '{"error":"no"}'),
  'an error that is null': frame(undefined, '{"error":null}'),
  'a named error without an error': frame('error', '{"message":"no"}'),
  'an error of vLLM': frame(undefined, '{"object":"error","message":"no"}'),
  'an error of FastAPI': frame(undefined, '{"detail":"no"}'),
  '[DONE]': frame(undefined, '[DONE]'),
  '[DONE] with a blank': frame(undefined, '[DONE] '),
  '[DONE] as an error': frame('error', '[DONE]'),
  'a comment': ': hello\n\n',
  'an event without data': 'event: x\n\n',
}

/** The good stream of a protocol with one change at each place, and changes of the bytes. */
function casesOf(protocol: ProtocolName): readonly Case[] {
  const good = goodStreams[protocol].map((event) => onTheWire([event]))
  const error = Buffer.from(errorOf[protocol])
  const made = (title: string, ...parts: readonly (Buffer | string)[]) => ({
    title,
    bytes: Buffer.concat(parts.map((part) => Buffer.from(part as string))),
  })
  const delta = good.findIndex((event) => event.includes('"Hi"'))
  const broken = Buffer.from(good[delta] as Buffer)
  broken[broken.indexOf('"Hi"') + 1] = 0xff
  const atEach = good.flatMap((event, at) => {
    const place = `event ${at + 1}`
    const [before, after] = [Buffer.concat(good.slice(0, at)), Buffer.concat(good.slice(at + 1))]
    const invalid = Buffer.from(event)
    invalid[invalid.lastIndexOf('"') - 1] = 0xff
    return [
      made(`the end before ${place}`, before),
      made(`the end inside ${place}`, before, event.subarray(0, -9)),
      made(`${place} without its blank line`, before, event.subarray(0, -1)),
      made(`an error instead of ${place}`, before, error),
      made(`an error, and then an unterminated event instead of ${place}`, before, error, 'data: [DONE]\n'),
      made(`an error, and then [DONE] instead of ${place}`, before, error, 'data: [DONE]\n\n'),
      made(`two errors instead of ${place}`, before, error, error),
      made(`no ${place}`, before, after),
      made(`${place} twice`, before, event, event, after),
      made(
        `${place} swapped with the next`,
        before,
        after.subarray(0, good[at + 1]?.length),
        event,
        after.subarray(good[at + 1]?.length),
      ),
      made(`invalid UTF-8 in ${place}`, before, invalid, after),
      made(`a replacement character in ${place}`, before, event.toString().replace('Hi', 'H\uFFFD'), after),
      ...Object.entries(inserted).map(([what, text]) => made(`${what} before ${place}`, before, text, event, after)),
      ...Object.entries(inserted).map(([what, text]) => made(`${what} instead of ${place}`, before, text, after)),
    ]
  })
  return [
    made('the good stream', ...good),
    made('no bytes'),
    made('only comments', ': hello\n\n'),
    made('HTML', '<html>\n\n</html>\n'),
    made('JSON', '{"choices":[]}'),
    made('a byte order mark', '\uFEFF', ...good),
    made('CRLF', Buffer.concat(good).toString().replaceAll('\n', '\r\n')),
    // A delta that differs from the one before it only in its text is not parsed in a run.
    made('invalid UTF-8 in a second delta', ...good.slice(0, delta + 1), broken, ...good.slice(delta + 1)),
    made('invalid UTF-8 in a third delta', ...good.slice(0, delta + 1), broken, broken, ...good.slice(delta + 1)),
    made('a lone error', error),
    made(
      'an event that is too large',
      ...good.slice(0, 2),
      `data: ${'x'.repeat(8 * 2 ** 20 + 1)}\n\n`,
      ...good.slice(2),
    ),
    ...atEach,
    ...Object.entries(inserted).map(([what, text]) => made(`${what} after the last event`, ...good, text)),
    ...Object.entries(inserted).map(([what, text]) => made(`${what} alone`, text)),
  ]
}

/** The verdict of `check`, and the rules that the stream broke. */
function checked(protocol: ProtocolName, bytes: Buffer) {
  const check = checkStream({ protocol, onFinding: () => {} })
  check.push(bytes)
  const { groups, ending } = check.end()
  const rules = groups.filter(({ severity }) => severity === 'error').map(({ rule }) => rule)
  const verdict: Verdict = rules.length > 0 ? 'broken' : ending === 'error' ? 'honest error' : 'complete'
  return { verdict, rules }
}

/** The verdict of a run in the words of `check`. */
function verdictOf({ outcome, findings = [] }: Pick<StreamRecord, 'outcome' | 'findings'>): Verdict {
  if (findings.some(({ severity }) => severity === 'error')) return 'broken'
  if (outcome.state === 'whole') return 'complete'
  return outcome.state === 'failed' && honestKinds.includes(outcome.kind) ? 'honest error' : 'broken'
}

/** Whether each member takes every large value; otherwise one after the other takes the next one. */
const isFull = process.env['FUZZ_INPUTS'] !== undefined

/** The good stream of a protocol with one member replaced, or without it. */
function* casesOfMembers(protocol: ProtocolName): Generator<Case> {
  const good = goodStreams[protocol]
  let next = 0
  for (const [at, [type, data]] of good.entries()) {
    if (typeof data === 'string') continue
    const withData = (text: string) => ({
      title: `event ${at + 1} is ${text.length > 500 ? `${text.slice(0, 250)} ... ${text.slice(-250)}` : text}`,
      bytes: onTheWire(good.with(at, [type, text])),
    })
    for (const [before, after] of holesIn(data)) {
      const large = isFull ? largeValues : largeValues.slice(next % largeValues.length).slice(0, 1)
      next++
      for (const value of [...hostileValues, ...large]) yield withData(before + value + after)
    }
    for (const rest of lacking(data)) yield withData(JSON.stringify(rest))
  }
}

describe('check and a run', () => {
  for (const protocol of protocolNames)
    it(`agree on every stream of ${protocol} with a replaced member`, () => {
      let cases = 0
      const differences: string[] = []
      for (const { title, bytes } of casesOfMembers(protocol)) {
        cases++
        const { verdict, rules } = checked(protocol, bytes)
        const record = readInRun(protocol, bytes)
        if (verdict === verdictOf(record)) continue
        differences.push(
          `${title}: check says ${verdict} (${rules.join(' ')}), a run ${JSON.stringify(record.outcome)}`,
        )
      }
      assert.deepEqual(differences, [])
      assert.ok(cases > 2000, `${cases}`)
    })

  for (const protocol of protocolNames)
    it(`agree on every stream of ${protocol}, and on the class of what is not an event`, async () => {
      const cases = casesOf(protocol)
      const scriptOf = (request: string) => {
        const bytes = cases[parsePlanMarker(request)?.stream ?? -1]?.bytes ?? Buffer.of()
        return [sseHead, ...(bytes.length === 0 ? [] : [chunk(bytes)]), lastChunk]
      }
      const { records } = await withServer(scriptOf, ({ baseUrl }) =>
        load(baseUrl, { protocol, streams: cases.length, rampMs: 500 }),
      )
      assert.equal(records.length, cases.length)
      const seen = { complete: 0, 'honest error': 0, broken: 0 }
      const differences = records.flatMap((record) => {
        const { title, bytes } = cases[record.stream] as Case
        const { verdict, rules } = checked(protocol, bytes)
        const { outcome, findings = [] } = record
        seen[verdict]++
        const kind = outcome.state === 'failed' ? outcome.kind : outcome.state
        const expected = unreadRules[kind]
        const isSame = verdict === verdictOf(record) && (!expected || expected.some((rule) => rules.includes(rule)))
        const inRun = [
          ...new Set(findings.filter(({ severity }) => severity === 'error').map(({ rule }) => rule)),
        ].join(' ')
        // A run stops at the event that fails it.
        const isReadToEnd = kind === 'whole' || kind === 'inband_error'
        return isSame && (!isReadToEnd || inRun === rules.join(' '))
          ? []
          : [`${title}: check says ${verdict} (${rules.join(' ')}), a run ${kind} (${inRun})`]
      })
      assert.deepEqual(differences, [])
      for (const count of Object.values(seen)) assert.ok(count > 5, JSON.stringify(seen))
      assert.ok(records.every(({ outcome }) => outcome.state !== 'aborted'))
    })
})
