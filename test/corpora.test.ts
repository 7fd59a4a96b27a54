import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { parseJson } from '../src/base/json.ts'
import { checkStream } from '../src/grammar/check-stream.ts'
import type { ProtocolName } from '../src/model/protocol-name.ts'
import { byteByByte, cutAt } from './fixtures/cuts.ts'
import {
  corporaFolder,
  fieldResponses,
  fieldStreams,
  isVerdict,
  skipCorpora,
  type Verdict,
  verdictOf,
} from './fixtures/field/cases.ts'
import { loadOne } from './fixtures/load.ts'
import { readSse, type SeenEvent } from './fixtures/read-sse.ts'
import { fin, rst, type Step, withServer } from './fixtures/script-server.ts'

interface SdkCase {
  readonly id: string
  readonly title: string
  readonly chunks_base64: readonly string[]
  readonly whatwg_expects: readonly Pick<SeenEvent, 'type' | 'data'>[]
}

interface WptCase {
  readonly id: string
  readonly title: string
  readonly http: { readonly status: number; readonly content_type: string }
  readonly input_base64: string
  readonly expected: {
    readonly outcome: 'events' | 'fail_connection'
    readonly events: readonly SeenEvent[]
    readonly retry_ms: number | null
    readonly comments: number
    readonly pending_at_eof_discarded: boolean
  }
}

function readCases<T>(file: string): readonly T[] {
  if (skipCorpora) return []
  const { meta, cases } = JSON.parse(readFileSync(new URL(file, corporaFolder), 'utf8'))
  assert.equal(cases.length, meta.count)
  return cases
}

/** Splits a stream in several ways: not at all, into single bytes, and in two at every position. */
function* waysToCut(bytes: Buffer): Generator<Uint8Array[]> {
  yield [bytes]
  yield byteByByte(bytes)
  for (let at = 0; at <= bytes.length; at++) yield cutAt(bytes, [at])
}

describe('the SDKs’ SSE cases', { skip: skipCorpora }, () => {
  for (const { id, title, chunks_base64, whatwg_expects } of readCases<SdkCase>('sdk-sse-cases.json')) {
    it(`${id}: ${title}`, () => {
      const chunks = chunks_base64.map((chunk) => Buffer.from(chunk, 'base64'))
      for (const pieces of [chunks, ...waysToCut(Buffer.concat(chunks))]) {
        const events = readSse(pieces).events.map(({ type, data }) => ({ type, data }))
        assert.deepEqual(events, whatwg_expects)
      }
    })
  }
})

describe('the web platform’s SSE cases', { skip: skipCorpora }, () => {
  for (const { id, title, http, input_base64, expected } of readCases<WptCase>('wpt-sse-cases.json')) {
    const body = Buffer.from(input_base64, 'base64')
    if (expected.outcome === 'events') {
      it(`${id}: ${title}`, () => {
        for (const pieces of waysToCut(body)) {
          const { events, comments, retryMs, endedInside } = readSse(pieces)
          assert.deepEqual(events, expected.events)
          assert.equal(comments, expected.comments)
          assert.equal(retryMs ?? null, expected.retry_ms)
          assert.equal(endedInside, expected.pending_at_eof_discarded)
        }
      })
    }
    // A load does not follow redirects: one stream is one request.
    const refused = expected.outcome === 'fail_connection' || http.status !== 200
    it(`${id}: the response is ${refused ? 'refused' : 'read'} by a load`, async () => {
      const head = `HTTP/1.1 ${http.status} X\r\nContent-Type: ${http.content_type}\r\nConnection: close\r\n\r\n`
      const { outcome, events, status } = await withServer([head, body, fin], ({ baseUrl }) => loadOne(baseUrl))
      assert.equal(status, http.status)
      assert.equal(events, refused ? 0 : Math.min(1, expected.events.length))
      assert.equal(outcome.state, 'failed')
      assert.equal(outcome.kind, refused ? kindOf(http.status) : unreadKind(expected.events))
    })
  }
})

/** No event of these cases is a chunk: some data is JSON, but not an object. */
function unreadKind([first]: readonly SeenEvent[]): string {
  return parseJson(first?.data ?? '') === undefined ? 'json_malformed' : 'not_an_event'
}

function kindOf(status: number): string {
  if (status === 200) return 'bad_content_type'
  if (status === 204 || status === 205) return 'empty_stream'
  if (status < 300) return 'http_unexpected_status'
  if (status < 400) return 'http_redirect'
  return status < 500 ? 'http_4xx' : 'http_5xx'
}

/** What `check` concludes from a stream. */
function checkVerdict(protocol: ProtocolName, bytes: Buffer): Verdict {
  const check = checkStream({ protocol, onFinding: () => {} })
  check.push(bytes)
  const { groups, ending } = check.end()
  if (groups.some(({ severity }) => severity === 'error')) return 'violation'
  if (ending === 'error') return 'honest-failure'
  return groups.length > 0 ? 'warning' : 'whole'
}

describe('the streams of gateways in the field', { skip: skipCorpora, concurrency: 8 }, () => {
  for (const { id, protocol, verdict, bytes } of fieldStreams) {
    it(`${id} is judged as ${verdict} by check`, () => {
      const seen = checkVerdict(protocol, bytes)
      assert.ok(isVerdict(seen, verdict), seen)
    })

    it(`${id} is judged as ${verdict} by a load`, async () => {
      const head = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n'
      const record = await withServer([head, bytes, fin], ({ baseUrl }) => loadOne(baseUrl, { protocol }))
      const { outcome, findings } = record
      assert.ok(isVerdict(verdictOf(record), verdict), JSON.stringify({ outcome, findings }))
    })
  }
})

describe('the HTTP responses of gateways in the field', { skip: skipCorpora, concurrency: 8 }, () => {
  for (const { id, protocol, verdict, bytes, then: ending } of fieldResponses)
    it(`${id} is judged as ${verdict} by a load`, async () => {
      const script: readonly Step[] = ending === 'open' ? [bytes] : [bytes, ending === 'fin' ? fin : rst]
      const record = await withServer(script, ({ baseUrl }) => loadOne(baseUrl, { protocol }))
      const { outcome, findings } = record
      assert.ok(isVerdict(verdictOf(record), verdict), JSON.stringify({ outcome, findings }))
    })
})
