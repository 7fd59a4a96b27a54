import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { byteByByte, cutAnywhere } from '../../test/fixtures/cuts.ts'
import { readSse } from '../../test/fixtures/read-sse.ts'
import { defaultMaxEventBytes } from './memory-budget.ts'
import { SseParser } from './sse.ts'

const bom = '\uFEFF'

/** The dispatched events of a stream, each as `type|data|lastEventId`. */
function dispatched(text: string | Buffer): string[] {
  return readSse([Buffer.from(text)]).events.map(({ type, data, lastEventId }) => `${type}|${data}|${lastEventId}`)
}

describe('an SSE stream', () => {
  const cases: readonly (readonly [title: string, text: string | Buffer, events: readonly string[]])[] = [
    ['has an event at each blank line after data', 'data: a\n\ndata: b\n\n', ['message|a|', 'message|b|']],
    ['may end its lines in CR', 'data: a\r\rdata: b\r\r', ['message|a|', 'message|b|']],
    ['may end its lines in CR LF', 'data: a\r\n\r\ndata: b\r\n\r\n', ['message|a|', 'message|b|']],
    ['may mix line ends', 'data: a\r\ndata: b\rdata: c\n\rdata: d\r\r\n', ['message|a\nb\nc|', 'message|d|']],
    [
      'has one line end in CR LF and two in LF CR',
      'data: a\r\ndata: b\n\rdata: c\n\n',
      ['message|a\nb|', 'message|c|'],
    ],
    ['has one byte order mark stripped from its start', `${bom}data: a\n\n`, ['message|a|']],
    ['keeps a second byte order mark as part of a name', `${bom}${bom}data: a\n\ndata: b\n\n`, ['message|b|']],
    ['keeps a byte order mark in its middle', `data: a\n\n${bom}data: b\n\n`, ['message|a|']],
    ['keeps a byte order mark inside data', `data: ${bom}a\n\n`, [`message|${bom}a|`]],
    ['may begin with a byte order mark and a blank line', `${bom}\ndata: a\n\n`, ['message|a|']],
    ['does not strip half a byte order mark', Buffer.from('\xef\xbbdata: a\n\ndata: b\n\n', 'latin1'), ['message|b|']],
    [
      'has only one space after the colon stripped',
      'data:a\ndata: b\ndata:  c\ndata:\td\n\n',
      ['message|a\nb\n c\n\td|'],
    ],
    ['has lower-case field names only', 'Data: a\nDATA: b\ndata: c\n\n', ['message|c|']],
    ['ignores unknown fields', 'foo: a\ndatax: b\n data: c\ndata : d\ndata: e\n\n', ['message|e|']],
    ['reads a line without a colon as a field without a value', 'data\n\ndata\ndata\n\n', ['message||', 'message|\n|']],
    ['dispatches data that is empty', 'data:\n\ndata: \n\n', ['message||', 'message||']],
    ['keeps colons after the first', 'data: a: b:\n\n', ['message|a: b:|']],
    ['ignores comments', ': a\n:\ndata: b\n:data: c\n\n', ['message|b|']],
    ['dispatches nothing without data', 'event: a\n\nid: 1\n\n\n\n', []],
    ['resets the type at a blank line even without data', 'event: a\n\ndata: b\n\n', ['message|b|']],
    ['takes the last of several types', 'event: a\nevent: b\ndata: c\n\n', ['b|c|']],
    ['reads an empty type as message', 'event: a\nevent:\ndata: b\n\n', ['message|b|']],
    ['applies a type to one event only', 'event: a\ndata: b\n\ndata: c\n\n', ['a|b|', 'message|c|']],
    [
      'keeps an id until the next one',
      'id: 1\ndata: a\n\ndata: b\n\nid: 2\ndata: c\n\n',
      ['message|a|1', 'message|b|1', 'message|c|2'],
    ],
    ['resets the id if an empty one arrives', 'id: 1\ndata: a\n\nid\ndata: b\n\n', ['message|a|1', 'message|b|']],
    ['ignores an id that contains a NUL', 'id: 1\ndata: a\n\nid: 2\0\ndata: b\n\n', ['message|a|1', 'message|b|1']],
    ['commits an id at a blank line without data', 'id: 1\n\ndata: a\n\n', ['message|a|1']],
    ['keeps a NUL in data', 'data: a\0b\n\n', ['message|a\0b|']],
    ['keeps characters of two, three and four bytes', 'data: é€😀\u2028\n\n', ['message|é€😀\u2028|']],
    ['discards an event that is cut off by the end of the stream', 'data: a\n\ndata: b\n', ['message|a|']],
  ]
  for (const [title, text, events] of cases) {
    it(title, () => {
      assert.deepEqual(dispatched(text), events)
      const pieces = byteByByte(Buffer.from(text))
      assert.deepEqual(readSse(pieces), readSse([Buffer.from(text)]))
    })
  }

  it('accepts only ASCII digits as a retry time', () => {
    const retryOf = (value: string) => readSse([Buffer.from(`retry: 5\nretry:${value}\n`)]).retryMs
    assert.equal(retryOf('3000'), 3000)
    assert.equal(retryOf(' 0070'), 70)
    for (const bad of ['', ' ', '-1', '1.5', '1e3', '0x1', ' 1 ', '１', '1\0']) assert.equal(retryOf(bad), 5, bad)
    assert.equal(readSse([Buffer.from('retry: 1')]).retryMs, undefined)
  })

  it('counts comments separately from events', () => {
    const { comments, events } = readSse([Buffer.from(': a\n\n: b\n:\n\n')])
    assert.equal(comments, 3)
    assert.equal(events.length, 0)
  })

  it('dispatches at the CR of a blank line without waiting for an LF', () => {
    let events = 0
    const parser = new SseParser(() => events++)
    parser.push(Buffer.from('data: a\r\n\r'))
    assert.equal(events, 1)
    parser.push(Buffer.from('\ndata: b\n\n'))
    assert.equal(events, 2)
    parser.push(Buffer.from('data: c\r'))
    parser.push(Buffer.alloc(0))
    parser.push(Buffer.from('\r'))
    assert.equal(events, 3)
  })

  it('reads only the given part of a buffer', () => {
    const seen: string[] = []
    const parser = new SseParser((_, bytes, start, end) => seen.push(bytes.toString('utf8', start, end)))
    parser.push(Buffer.from('data: x\n\ndata: a\n\ndata: y\n\n'), 9, 18)
    assert.deepEqual(seen, ['a'])
    assert.equal(parser.end(), false)
  })
})

describe('the end of an SSE stream', () => {
  const inside = [
    'data: a',
    'data: a\n',
    'data',
    'dat',
    'd',
    `${bom}d`,
    'event: a',
    'event: a\n',
    'id: 1',
    'retry: 1',
    'data: a\n\ndata: b',
  ]
  const between = ['', '\n', 'data: a\n\n', 'data: a\r\r', 'data: a\n\n: b', ': a', bom, 'event: a\n\n', 'id: 1\n']
  const none = ['{"error":"x"}', '{"error":\n', '<html>', 'Internal Server Error', 'database', 'Data: a', 'data : a']
  for (const text of inside) {
    it(`is inside an event after ${JSON.stringify(text)}`, () => {
      assert.equal(readSse([Buffer.from(text)]).endedInside, true)
    })
  }
  for (const text of between) {
    it(`is between two events after ${JSON.stringify(text)}`, () => {
      assert.equal(readSse([Buffer.from(text)]).endedInside, false)
    })
  }
  for (const text of none) {
    it(`is not inside an event after ${JSON.stringify(text)}`, () => {
      assert.equal(readSse([Buffer.from(text)]).endedInside, false)
    })
  }
})

describe('the size limit of an SSE stream', () => {
  const bound = 32
  const tooLong: readonly (readonly [title: string, bad: string, good: string])[] = [
    ['a line of data', `data: ${'x'.repeat(27)}\n\n`, `data: ${'x'.repeat(26)}\n\n`],
    ['a line that never ends', 'x'.repeat(33), 'x'.repeat(32)],
    ['a comment', `:${'x'.repeat(32)}\n`, `:${'x'.repeat(31)}\n`],
    [
      'several lines of data together',
      'data: 01234\n'.repeat(3).concat('data: 0123456789\n\n'),
      'data: 01234\n'.repeat(3).concat('data: 012345678\n\n'),
    ],
    ['many empty lines of data', 'data\n'.repeat(31).concat('\n'), 'data\n'.repeat(30).concat('\n')],
    ['a line and the data before it', `data: ${'x'.repeat(16)}\n: ${'x'.repeat(15)}\n\n`, 'data: x\n: x\n\n'],
    ['an id', `id: ${'x'.repeat(16)}\ndata: a\n\n`, `id: ${'x'.repeat(11)}\ndata: a\n\n`],
    ['two ids', 'id: 12345\n\nid: 67890\ndata: 4567890123\n\n', 'id: 12345\n\nid: 67890\ndata: a\n\n'],
  ]
  for (const [title, bad, good] of tooLong) {
    it(`stops the stream at ${title} above the limit, however it is split, and accepts one at the limit`, () => {
      for (const cut of [(bytes: Buffer) => [bytes], byteByByte]) {
        const over = readSse(cut(Buffer.from(`data: a\n\n${bad}data: b\n\n`)), bound)
        assert.equal(over.overflowed, true)
        assert.equal(over.endedInside, true)
        assert.deepEqual(
          over.events.map(({ data }) => data),
          ['a'],
        )
        const under = readSse(cut(Buffer.from(`data: a\n\n${good}\n\ndata: b\n\n`)), bound)
        assert.equal(under.overflowed, false)
        assert.equal(under.events.at(-1)?.data, 'b')
      }
    })
  }

  it('is 8 MiB by default', () => {
    assert.equal(defaultMaxEventBytes, 8 * 1024 * 1024)
    const fits = Buffer.from(`data:${'x'.repeat(defaultMaxEventBytes - 5)}\n\n`)
    assert.equal(readSse([fits]).events.length, 1)
    assert.equal(readSse([Buffer.concat([Buffer.from('data:x'), fits.subarray(5)])]).overflowed, true)
  })

  it('applies to any bytes, however they are split', () => {
    const texts = fc.array(fc.constantFrom('data:', 'x'.repeat(9), '\n', '\r', 'event:', ':', bom), { maxLength: 40 })
    fc.assert(
      fc.property(cutAnywhere(texts.map((parts) => Buffer.from(parts.join('')))), ({ whole, pieces }) => {
        const expected = readSse([whole], bound)
        assert.deepEqual(readSse(pieces, bound), expected)
        for (const { data } of expected.events) assert.ok(Buffer.byteLength(data) <= bound)
      }),
      { numRuns: 500 },
    )
  })
})
