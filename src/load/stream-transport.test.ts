import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { describe, it } from 'node:test'
import { freePort } from '../../test/fixtures/free-port.ts'
import { loadOne } from '../../test/fixtures/load.ts'
import { chunk, lastChunk, response, sseHead } from '../../test/fixtures/response-bytes.ts'
import { fin, pause, rst, type Step, withServer } from '../../test/fixtures/script-server.ts'
import { eventsOf, wholeStream } from '../../test/fixtures/whole-streams.ts'
import type { FailureKind, Phase } from '../model/failure.ts'
import { protocolNames } from '../model/protocol-name.ts'
import { maxDetailLength } from './stream.ts'

const whole = wholeStream['openai-chat-completions'](['one ', 'tw😀 ', 'three '])
const { opening, deltas } = whole
const body = eventsOf(whole).join('')
const begun = chunk([...opening, ...deltas].join(''))
const sse = 'Content-Type: text/event-stream\r\n'
const json = 'Content-Type: application/json\r\n'
const emoji = Buffer.from(deltas[1] as string).indexOf(Buffer.from('😀'))
const comment = chunk(': keep-alive\n\n')

/** The server's script, and the expected outcome of the stream. */
type Case = readonly [
  title: string,
  script: readonly Step[],
  expected: 'whole' | readonly [kind: FailureKind, phase: Phase, detail?: RegExp],
  timeoutS?: number,
]

/** Shorter than any pause of the server, longer than a stream takes to reach it. */
const soonS = 0.5

const groups: Readonly<Record<string, readonly Case[]>> = {
  'before its headers': [
    ['is closed', [fin], ['closed_before_headers', 'headers']],
    ['is closed inside the head', ['HTTP/1.1 200 OK\r\nContent-Ty', fin], ['closed_before_headers', 'headers']],
    [
      'is closed after an interim response',
      ['HTTP/1.1 100 Continue\r\n\r\n', fin],
      ['closed_before_headers', 'headers'],
    ],
    ['is complete after an interim response', ['HTTP/1.1 103 Early\r\n\r\n', sseHead, chunk(body), lastChunk], 'whole'],
    ['is reset', [rst], ['reset_before_headers', 'headers']],
    ['is reset inside the head', ['HTTP/1.1 200 OK\r\n', rst], ['reset_before_headers', 'headers']],
    ['gets no response', [], ['headers_timeout', 'headers', /time limit of 0.5 s/], soonS],
    ['gets interim responses only', ['HTTP/1.1 100 Continue\r\n\r\n'], ['headers_timeout', 'headers'], soonS],
  ],
  'with a status': [
    ['400', [response('400 Bad', json, '{"error":"a"}')], ['http_4xx', 'first-event', /^HTTP 400: \{"error":"a"\}$/]],
    ['404 and no body', [response('404 Not Found', '', '')], ['http_4xx', 'first-event', /^HTTP 404$/]],
    ['413', [response('413 Too Large', json, '{}')], ['http_4xx', 'first-event']],
    ['429', [response('429 Slow', json, '{}')], ['http_429', 'first-event']],
    ['500', [response('500 Oops', json, '{}')], ['http_5xx', 'first-event']],
    ['503 as an event stream', [response('503 Busy', sse, body)], ['http_5xx', 'first-event']],
    ['529', [response('529 Overloaded', json, '{}')], ['http_5xx', 'first-event']],
    ['302', [response('302 Found', 'Location: /x\r\n', '')], ['http_redirect', 'first-event']],
    ['201', [response('201 Created', sse, body)], ['http_unexpected_status', 'first-event']],
    ['204', ['HTTP/1.1 204 No Content\r\n\r\n'], ['empty_stream', 'first-event', /204/]],
    ['205', [response('205 Reset', '', '')], ['empty_stream', 'first-event', /205/]],
    [
      '500 and a truncated body',
      ['HTTP/1.1 500 O\r\nContent-Length: 9\r\n\r\nsorry', fin],
      ['http_5xx', 'first-event', /sorry/],
    ],
    [
      '500 and a reset',
      ['HTTP/1.1 500 O\r\nContent-Length: 9\r\n\r\nsorry', rst],
      ['http_5xx', 'first-event', /sorry/],
    ],
    ['500 and a body that never ends', ['HTTP/1.1 500 O\r\n\r\nsorry'], ['http_5xx', 'first-event', /sorry/], soonS],
    ['500 and broken chunks', ['HTTP/1.1 500 O\r\nTransfer-Encoding: chunked\r\n\r\nzz'], ['http_5xx', 'first-event']],
  ],
  'whose answer': [
    [
      'is JSON',
      [response('200 OK', json, '{"error":"a"}')],
      ['bad_content_type', 'first-event', /application\/json.*"a"/],
    ],
    ['has no content type', [response('200 OK', '', body)], ['bad_content_type', 'first-event']],
    [
      'has a content type that only starts like text/event-stream',
      [response('200 OK', 'Content-Type: text/event-streams\r\n', body)],
      ['bad_content_type', 'first-event'],
    ],
    ['has its content type in mixed case', [response('200 OK', 'CONTENT-TYPE: Text/Event-Stream\r\n', body)], 'whole'],
    ...['gzip', 'br', 'deflate', 'zstd', 'none', 'identity, gzip'].map(
      (coding): Case => [
        `has the content coding ${coding}`,
        [response('200 OK', `${sse}Content-Encoding: ${coding}\r\n`, body)],
        [
          'content_encoding',
          'first-event',
          new RegExp(`^content coding "${coding}"; the request accepts only identity$`),
        ],
      ],
    ),
    ...['identity', 'Identity', '', 'identity, identity'].map(
      (coding): Case => [
        `has the content coding "${coding}"`,
        [response('200 OK', `${sse}Content-Encoding: ${coding}\r\n`, body)],
        'whole',
      ],
    ),
    [
      'is JSON labelled as an event stream',
      [response('200 OK', sse, '{"error":"a"}')],
      ['protocol_not_sse', 'first-event'],
    ],
    [
      'is HTML labelled as an event stream',
      [response('200 OK', sse, '<html>\n<p>data:</p>\n\n')],
      ['protocol_not_sse', 'first-event'],
    ],
    ['is empty', [response('200 OK', sse, '')], ['empty_stream', 'first-event']],
    ['is empty and chunked', [sseHead, lastChunk], ['empty_stream', 'first-event']],
    [
      'is empty and ends when the connection closes',
      [`HTTP/1.1 200 OK\r\n${sse}\r\n`, fin],
      ['empty_stream', 'first-event'],
    ],
    ['has comments only', [response('200 OK', sse, ': hi\n\n')], ['empty_stream', 'first-event', /comments/]],
    ['has a Content-Length', [response('200 OK', sse, body)], 'whole'],
    ['ends when the connection closes', [`HTTP/1.1 200 OK\r\n${sse}\r\n`, body, fin], 'whole'],
    [
      'ends too early when the connection closes',
      [`HTTP/1.1 200 OK\r\n${sse}\r\n`, body.slice(0, 300), fin],
      ['unterminated_final_event', 'stream'],
    ],
  ],
  'that is cut off': [
    ['after the head', [sseHead, fin], ['truncated_fin', 'first-event']],
    ['after comments', [sseHead, comment, fin], ['truncated_fin', 'first-event']],
    ['inside a chunk', [sseHead, begun.subarray(0, -7), fin], ['truncated_fin', 'stream']],
    ['inside a chunk size', [sseHead, begun, '4', fin], ['truncated_fin', 'stream']],
    [
      'inside a character',
      [sseHead, chunk(opening.join('')), chunk(deltas[1] as string).subarray(0, 4 + emoji + 2), fin],
      ['truncated_fin', 'stream'],
    ],
    [
      'before it has reached its Content-Length',
      [response('200 OK', sse, body).slice(0, -1), fin],
      ['truncated_fin', 'stream'],
    ],
    ['by a reset after the head', [sseHead, rst], ['reset_midstream', 'first-event']],
    ['by a reset inside a chunk', [sseHead, begun.subarray(0, -7), rst], ['reset_midstream', 'stream']],
  ],
  'that stalls': [
    ['after the head', [sseHead], ['first_token_timeout', 'first-event'], soonS],
    ['after an event without content', [sseHead, chunk(opening.join(''))], ['first_token_timeout', 'stream'], soonS],
    ['after a delta', [sseHead, begun], ['stream_timeout', 'stream'], soonS],
    ['with comments before its first delta', [sseHead, ...keepAlive()], ['first_token_timeout', 'first-event'], soonS],
    ['with comments after a delta', [sseHead, begun, ...keepAlive()], ['stream_timeout', 'stream'], soonS],
  ],
  'whose HTTP': [
    ['has no status line', ['<html></html>\r\n\r\n'], ['http_malformed', 'headers', /<html>/]],
    [
      'has a head of 70 KiB',
      [`HTTP/1.1 200 OK\r\n${sse}A: ${'x'.repeat(70 * 1024)}\r\n\r\n`],
      ['http_malformed', 'headers'],
    ],
    ['has a head of 60 KiB', [response('200 OK', `${sse}A: ${'x'.repeat(60 * 1024)}\r\n`, body)], 'whole'],
    [
      'has a Content-Length and a Transfer-Encoding',
      [`${sseHead.slice(0, -2)}Content-Length: ${body.length}\r\n\r\n`, chunk(body), lastChunk],
      ['http_malformed', 'headers', /^both Transfer-Encoding "chunked" and Content-Length "\d+"$/],
    ],
    ['has a bad chunk size', [sseHead, begun, 'zz\r\n'], ['http_malformed', 'stream', /hexadecimal/]],
    ['has a chunk longer than its size', [sseHead, begun.subarray(0, -2), 'x\r\n'], ['http_malformed', 'stream']],
    [
      'continues after its last chunk',
      [`${sseHead}${chunk(body)}${lastChunk}HTTP/1.1`],
      ['http_trailing_garbage', 'end', /^8 bytes/],
    ],
    [
      'continues after its Content-Length',
      [`${response('200 OK', sse, body)}x`],
      ['http_trailing_garbage', 'end', /^1 bytes/],
    ],
    [
      'has a Content-Length that is too short',
      [response('200 OK', sse, body).replace(/h: \d+/, 'h: 99')],
      ['http_trailing_garbage', 'first-event'],
    ],
    [
      'has extensions and trailers',
      [sseHead, chunk(body).toString().replace('\r\n', ';a=b\r\n'), '0\r\nA: b\r\n\r\n'],
      'whole',
    ],
  ],
  'with an event': [
    [
      'above 8 MiB',
      [sseHead, ...big(8 * 1024 * 1024)],
      ['event_too_large', 'stream', /event 2 needs more than 8 MB, the limit of one stream/],
    ],
    ['of 1 MiB', [sseHead, ...big(1024 * 1024), chunk(eventsOf(whole).slice(1).join('')), lastChunk], 'whole'],
  ],
}

/** A comment every 10 ms for 4 s, longer than the timeout of a stalled stream. */
function keepAlive(): readonly Step[] {
  return Array.from({ length: 400 }, () => [comment, pause(10)]).flat()
}

function big(bytes: number): readonly Step[] {
  const event = (deltas[0] as string).replace('one ', 'x'.repeat(bytes))
  return [chunk(opening.join('')), chunk(event)]
}

for (const [group, cases] of Object.entries(groups)) {
  describe(`a stream ${group}`, { concurrency: 8 }, () => {
    for (const [title, script, expected, timeoutS = 20] of cases) {
      it(title, async () => {
        const { outcome } = await withServer(script, ({ baseUrl }) => loadOne(baseUrl, { timeoutS }))
        if (expected === 'whole') assert.deepEqual(outcome, { state: 'whole' })
        else {
          assert.ok(outcome.state === 'failed', JSON.stringify(outcome))
          const [kind, phase, detail = /./] = expected
          assert.deepEqual([outcome.kind, outcome.phase], [kind, phase], outcome.detail)
          assert.match(outcome.detail, detail)
        }
      })
    }
  })
}

describe('a content type', { concurrency: 8 }, () => {
  const types: readonly (readonly [headers: string, outcome: 'whole' | FailureKind, severity?: 'error' | 'warning'])[] =
    [
      [sse, 'whole'],
      [sse + sse, 'whole', 'warning'],
      [`${json}${sse}`, 'whole', 'warning'],
      ['Content-Type: application/json, text/event-stream; charset=utf-8\r\n', 'whole', 'warning'],
      [`${sse}${json}`, 'bad_content_type', 'error'],
      ['', 'bad_content_type', 'error'],
      ['Content-Type: text/plain\r\n', 'bad_content_type', 'error'],
    ]
  for (const protocol of protocolNames)
    for (const [headers, kind, severity] of types)
      it(`${JSON.stringify(headers)} is ${severity ?? 'fine'} in ${protocol}`, async () => {
        const text = eventsOf(wholeStream[protocol](['one '])).join('')
        const { outcome, findings = [] } = await withServer([response('200 OK', headers, text)], ({ baseUrl }) =>
          loadOne(baseUrl, { protocol }),
        )
        const rule = protocol === 'anthropic-messages' ? 'A1' : 'content_type'
        assert.equal(outcome.state === 'failed' ? outcome.kind : outcome.state, kind)
        assert.deepEqual(
          findings.filter((finding) => finding.rule === rule).map((finding) => finding.severity),
          severity ? [severity] : [],
        )
      })
})

describe('a load whose target', () => {
  it('refuses connections fails its streams with connect_refused', async () => {
    const { outcome, connectedNs, status } = await loadOne(`http://127.0.0.1:${await freePort()}`)
    assert.ok(outcome.state === 'failed')
    assert.deepEqual([outcome.kind, outcome.phase], ['connect_refused', 'connect'])
    assert.equal(connectedNs, undefined)
    assert.equal(status, undefined)
  })

  it('has no address fails before it starts', async () => {
    await assert.rejects(loadOne('http://gateway.invalid'), {
      name: 'EnvironmentError',
      message: /^gateway\.invalid: /,
    })
  })
})

describe('the memory for unfinished events', () => {
  it('has a limit for all streams together, which the failure names', async () => {
    const script = [sseHead, ...big(1.5 * 1024 * 1024), chunk(eventsOf(whole).slice(1).join('')), lastChunk]
    const [small, large] = await withServer(script, async ({ baseUrl }) => [
      await loadOne(baseUrl, { eventMemoryMb: 1 }),
      await loadOne(baseUrl, { eventMemoryMb: 2 }),
    ])
    assert.ok(small?.outcome.state === 'failed')
    assert.equal(small.outcome.kind, 'event_too_large')
    assert.match(small.outcome.detail, /^event 2 needs more than is left of 1 MB, .*--event-memory-mb/)
    assert.deepEqual(large?.outcome, { state: 'whole' })
  })
})

describe('the detail of a failed stream', () => {
  it('is one printable line of limited length for any response', async () => {
    const nasty = `\x1b[31m\r\n\0\u202e\u2028😀${'é'.repeat(2000)}`
    const { outcome } = await withServer([response('500 O', '', nasty)], ({ baseUrl }) => loadOne(baseUrl))
    assert.ok(outcome.state === 'failed')
    assert.match(outcome.detail, /^HTTP 500: {2}😀é+/)
    assert.doesNotMatch(outcome.detail, /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}]/u)
    assert.ok(outcome.detail.length <= maxDetailLength)
  })

  it('keeps characters intact even if they were split across several reads', async () => {
    const bytes = Buffer.from(response('500 O', '', '😀é'))
    const script = Array.from(bytes, (byte) => Buffer.from([byte]))
    const { outcome } = await withServer(script, ({ baseUrl }) => loadOne(baseUrl))
    assert.ok(outcome.state === 'failed')
    assert.equal(outcome.detail, 'HTTP 500: 😀é')
  })
})
