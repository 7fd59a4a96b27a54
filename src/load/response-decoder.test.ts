import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { anyResponse, brokenResponse } from '../../test/fixtures/any-response.ts'
import { byteByByte, cutAnywhere } from '../../test/fixtures/cuts.ts'
import { decodeResponse } from '../../test/fixtures/decode-response.ts'
import { maxHeadBytes } from './response-decoder.ts'

const ok = 'HTTP/1.1 200 OK\r\n'
const chunked = `${ok}Transfer-Encoding: chunked\r\n\r\n`
const latin1 = (text: string) => Buffer.from(text, 'latin1')
const decode = (text: string) => decodeResponse([latin1(text)])

describe('a response', () => {
  const whole: readonly (readonly [title: string, text: string, body: string])[] = [
    ['ends after its Content-Length', `${ok}Content-Length: 2\r\n\r\nhi`, 'hi'],
    ['may have a Content-Length of 0', `${ok}Content-Length: 0\r\n\r\n`, ''],
    ['may repeat the same Content-Length', `${ok}Content-Length: 2\r\nContent-Length: 2\r\n\r\nhi`, 'hi'],
    ['without framing ends when the connection closes', `${ok}\r\nhi`, 'hi'],
    ['without framing may be empty', `${ok}\r\n`, ''],
    ['may be chunked', `${chunked}2\r\nhi\r\n1\r\n!\r\n0\r\n\r\n`, 'hi!'],
    ['may have line ends inside chunks', `${chunked}4\r\n\r\n\r\n\r\n0\r\n\r\n`, '\r\n\r\n'],
    [
      'may have chunk sizes in upper or lower case and with leading zeros',
      `${chunked}${'0'.repeat(20)}A\r\n0123456789\r\n00\r\n\r\n`,
      '0123456789',
    ],
    ['may have chunk extensions', `${chunked}2;a=b;c="d;e"\r\nhi\r\n0;f\r\n\r\n`, 'hi'],
    ['may have blanks before a chunk extension', `${chunked}2 \t;a\r\nhi\r\n0\r\n\r\n`, 'hi'],
    ['may have trailers', `${chunked}2\r\nhi\r\n0\r\nA: b\r\nC: d\r\n\r\n`, 'hi'],
    [
      'may follow interim responses',
      `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nA: b\r\n\r\n${ok}\r\nhi`,
      'hi',
    ],
    ['may end the lines of its head with a bare LF', 'HTTP/1.1 200 OK\nContent-Length: 2\n\nhi', 'hi'],
    ['may have no reason phrase', 'HTTP/1.1 200\r\n\r\nhi', 'hi'],
    ['may be HTTP/1.0', 'HTTP/1.0 200 OK\r\n\r\nhi', 'hi'],
    ['with status 204 has no body, whatever its headers say', 'HTTP/1.1 204 No\r\nContent-Length: 9\r\n\r\n', ''],
    [
      'with status 304 has no body, whatever its headers say',
      'HTTP/1.1 304 No\r\nTransfer-Encoding: chunked\r\n\r\n',
      '',
    ],
  ]
  for (const [title, text, body] of whole) {
    it(title, () => {
      const seen = decode(text)
      assert.equal(seen.reason, '')
      assert.equal(seen.body, body)
      assert.equal(seen.complete, true)
      assert.equal(seen.trailingBytes, 0)
      assert.equal(seen.heads.length, 1)
      assert.deepEqual(decodeResponse(byteByByte(latin1(text))), seen)
    })
  }

  const tolerated: readonly (readonly [what: RegExp, text: string])[] = [
    [/ends in LF without CR/, 'HTTP/1.1 200 OK\nContent-Length: 2\r\n\r\nhi'],
    [/ends in LF without CR/, `${ok}Content-Length: 2\r\n\nhi`],
    [/ends in LF without CR/, `${ok}A: b\nContent-Length: 2\r\n\r\nhi`],
    [/folded header line/, `${ok}A: b\r\n c\r\nContent-Length: 2\r\n\r\nhi`],
    [/folded header line/, `${chunked}2\r\nhi\r\n0\r\nA: b\r\n c\r\n\r\n`],
    [/two Content-Lengths/, `${ok}Content-Length: 2\r\nContent-Length: 2\r\n\r\nhi`],
    [/blank after a chunk size/, `${chunked}1 \r\nh\r\n1 ;a\r\ni\r\n0\r\n\r\n`],
    [/blank after a chunk size/, `${chunked}2;a = "b c"\r\nhi\r\n0\r\n\r\n`],
    [/100 Continue/, `HTTP/1.1 100 Continue\r\n\r\n${ok}Content-Length: 2\r\n\r\nhi`],
    [/interim response that closes/, `HTTP/1.0 103 X\r\n\r\n${ok}Content-Length: 2\r\n\r\nhi`],
    [/interim response that closes/, `HTTP/1.1 103 X\r\nConnection: close\r\n\r\n${ok}Content-Length: 2\r\n\r\nhi`],
    [/a head of 20\d+ bytes/, `${ok}A: ${'x'.repeat(20_000)}\r\nContent-Length: 2\r\n\r\nhi`],
  ]
  for (const [what, text] of tolerated) {
    it(`is read, but reported once as tolerated: ${what.source} in ${JSON.stringify(text.slice(0, 90))}`, () => {
      const seen = decode(text)
      assert.equal(seen.body, 'hi')
      assert.equal(seen.complete, true)
      assert.equal(seen.tolerated.length, 1)
      assert.match(seen.tolerated[0] ?? '', what)
      assert.deepEqual(decodeResponse(byteByByte(latin1(text))), seen)
    })
  }

  it('has lower-case header names and trimmed values, and its folded lines are joined', () => {
    const { heads } = decode(`${ok}Content-Type:\ttext/event-stream \r\nX: a\r\n  b\r\nx:c\r\nEmpty:\r\n\r\n`)
    const headers = { 'content-type': 'text/event-stream', x: 'a b, c', empty: '' }
    assert.deepEqual(heads, [{ status: 200, headers }])
  })

  const cut: readonly (readonly [title: string, text: string, body: string])[] = [
    ['before its status line', '', ''],
    ['inside its status line', 'HTTP/1.1 20', ''],
    ['inside its head', `${ok}A: b\r\n`, ''],
    ['after an interim response', 'HTTP/1.1 100 Continue\r\n\r\n', ''],
    ['before it has reached its Content-Length', `${ok}Content-Length: 3\r\n\r\nhi`, 'hi'],
    ['inside a chunk size', `${chunked}2\r\nhi\r\n1`, 'hi'],
    ['inside a chunk', `${chunked}3\r\nhi`, 'hi'],
    ['after a chunk', `${chunked}2\r\nhi`, 'hi'],
    ['between two chunks', `${chunked}2\r\nhi\r\n`, 'hi'],
    ['after the last chunk’s size', `${chunked}2\r\nhi\r\n0\r\n`, 'hi'],
    ['inside its trailers', `${chunked}2\r\nhi\r\n0\r\nA: b\r\n`, 'hi'],
  ]
  for (const [title, text, body] of cut) {
    it(`is incomplete if the connection ends ${title}`, () => {
      const seen = decode(text)
      assert.equal(seen.complete, false)
      assert.equal(seen.reason, '')
      assert.equal(seen.body, body)
    })
  }

  it('does not count bytes after its end as body, but as trailing bytes', () => {
    for (const text of [`${chunked}2\r\nhi\r\n0\r\n\r\n${ok}`, `${ok}Content-Length: 2\r\n\r\nhi${ok}`]) {
      const seen = decode(text)
      assert.equal(seen.body, 'hi')
      assert.equal(seen.trailingBytes, ok.length)
      assert.deepEqual(decodeResponse(byteByByte(latin1(text))), seen)
    }
  })
})

describe('a malformed response', () => {
  const malformed: readonly (readonly [text: string, reason: RegExp, body?: string])[] = [
    ['<html>\r\n\r\n', /bad status line "<html>"/],
    ['\r\n\r\n', /bad status line ""/],
    ['http/1.1 200 OK\r\n\r\n', /bad status line/],
    ['HTTP/2.0 200 OK\r\n\r\n', /bad status line/],
    ['HTTP/1.1 20 OK\r\n\r\n', /bad status line/],
    ['HTTP/1.1 2000 OK\r\n\r\n', /bad status line/],
    ['HTTP/1.1 099 OK\r\n\r\n', /bad status line/],
    ['HTTP/1.1  200 OK\r\n\r\n', /bad status line/],
    ['HTTP/1.1 200 O\rK\r\n\r\n', /bad status line/],
    ['HTTP/1.1 200 OK\r\r\n\r\n', /bad status line/],
    ['HTTP/1.1 204 No\r\nContent-Length: x\r\n\r\n', /bad Content-Length/],
    ['HTTP/1.1 101 Switching\r\n\r\n', /status 101/],
    [`${ok}no colon\r\n\r\n`, /bad header line "no colon"/],
    [`${ok}: no name\r\n\r\n`, /bad header line/],
    [`${ok} A: folded to nothing\r\n\r\n`, /bad header line/],
    [`${ok}Content-Length : 2\r\n\r\nhi`, /bad header line/],
    [`${ok}A: b\0c\r\n\r\n`, /bad header line/],
    [`${ok}A: b\rc\r\n\r\n`, /bad header line/],
    [`${ok}A: b\x7f\r\n\r\n`, /bad header line/],
    [`${ok}Content-Length: 2\r\nContent-Length: 3\r\n\r\nhi`, /conflicting Content-Lengths/],
    [`${ok}Content-Length: 2, 3\r\n\r\nhi`, /bad Content-Length/],
    [`${ok}Content-Length: +2\r\n\r\nhi`, /bad Content-Length/],
    [`${ok}Content-Length:\r\n\r\nhi`, /bad Content-Length/],
    [`${ok}Content-Length: 9999999999999999\r\n\r\nhi`, /bad Content-Length/],
    [
      `${ok}Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n`,
      /^both Transfer-Encoding "chunked" and Content-Length "9"$/,
    ],
    [`${ok}Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n0\r\n\r\n`, /^both Transfer-Encoding/],
    [`${ok}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`, /unknown transfer coding/],
    [`${chunked}xyz\r\n`, /not a hexadecimal number/],
    [`${chunked}\r\n`, /not a hexadecimal number/],
    [`${chunked};a\r\n`, /not a hexadecimal number/],
    [`${chunked}-1\r\n`, /not a hexadecimal number/],
    [`${chunked}0x2\r\nhi`, /not a hexadecimal number/],
    [`${chunked}2 2\r\nhi`, /bad chunk extension/],
    [`${chunked}1000000000000\r\nhi`, /not a hexadecimal number/],
    ...['2;', '2;a;', '2;a b', '2;(a)', '2;a="b', '2;a=\x01', '2;\0', '2;é'].map(
      (size) => [`${chunked}${size}\r\nhi\r\n0\r\n\r\n`, /bad chunk extension/] as const,
    ),
    [`${chunked}2\r\nhi\r\n0\r\nContent-Length: 2\r\n\r\n`, /Content-Length in the trailers/, 'hi'],
    [`${chunked}2\nhi\r\n0\r\n\r\n`, /CR LF/],
    [`${chunked}2;a\nhi\r\n0\r\n\r\n`, /CR LF/],
    [`${chunked}2\r2\nhi\r\n0\r\n\r\n`, /CR LF/],
    [`${chunked}2\r\nhi\r\nzz\r\n`, /not a hexadecimal number/, 'hi'],
    [`${chunked}2\r\nhi!\r\n0\r\n\r\n`, /longer than its size/, 'hi'],
    [`${chunked}2\r\nhi\n0\r\n\r\n`, /longer than its size/, 'hi'],
    [`${chunked}2\r\nhi\r\r\n0\r\n\r\n`, /longer than its size/, 'hi'],
    [`${chunked}2\r\nhi\r\n0\r\nno colon\r\n\r\n`, /bad header line/, 'hi'],
  ]
  for (const [text, reason, body = ''] of malformed) {
    it(`is detected, and the body before it is kept: ${JSON.stringify(text)}`, () => {
      const seen = decode(text)
      assert.equal(seen.state, 'malformed')
      assert.equal(seen.complete, false)
      assert.match(seen.reason, reason)
      assert.equal(seen.body, body)
      assert.deepEqual(decodeResponse(byteByByte(latin1(text))), seen)
    })
  }

  const caps: readonly (readonly [what: string, responseOf: (bytes: number) => string, reason: RegExp])[] = [
    ['a head', (bytes) => `${ok}A: ${'x'.repeat(bytes - ok.length - 7)}\r\n\r\n`, /head above 65536 bytes/],
    [
      'a head of many lines',
      (bytes) =>
        `${ok}${'A:\r\n'.repeat((bytes - ok.length - 6) / 4)}B:${'x'.repeat((bytes - ok.length - 6) % 4)}\r\n\r\n`,
      /head above/,
    ],
    ['a chunk-size line', (bytes) => `${chunked}0;${'x'.repeat(bytes - 4)}\r\n\r\n`, /line too long/],
    ['trailers', (bytes) => `${chunked}0\r\nA: ${'x'.repeat(bytes - 7)}\r\n\r\n`, /trailers above/],
  ]
  for (const [what, responseOf, reason] of caps) {
    it(`has ${what} of more than 64 KiB, in reads of any size; exactly 64 KiB are accepted`, () => {
      for (const cut of [(bytes: Buffer) => [bytes], byteByByte]) {
        assert.equal(decodeResponse(cut(latin1(responseOf(maxHeadBytes)))).reason, '')
        assert.match(decodeResponse(cut(latin1(responseOf(maxHeadBytes + 4)))).reason, reason)
        assert.match(decodeResponse(cut(latin1(responseOf(10 * maxHeadBytes)))).reason, reason)
      }
    })
  }
})

describe('any response in reads of any size', () => {
  it('is decoded to the encoded status and body', () => {
    fc.assert(
      fc.property(anyResponse, ({ bytes, status, body }) => {
        const seen = decodeResponse([bytes])
        assert.equal(seen.reason, '')
        assert.equal(seen.complete, true)
        assert.deepEqual(
          seen.heads.map((head) => head.status),
          [status],
        )
        assert.equal(seen.body, body.toString('latin1'))
      }),
      { numRuns: 1000 },
    )
  })

  it('is decoded as if it arrived in one read, well-formed or malformed', () => {
    fc.assert(
      fc.property(
        cutAnywhere(
          fc.oneof(
            anyResponse.map(({ bytes }) => bytes),
            brokenResponse,
          ),
        ),
        ({ whole, pieces }) => {
          const expected = decodeResponse([whole])
          assert.deepEqual(decodeResponse(pieces), expected)
          assert.deepEqual(decodeResponse(byteByByte(whole)), expected)
        },
      ),
      { numRuns: 3000 },
    )
  })
})
