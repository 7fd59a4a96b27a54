import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { describe, it } from 'node:test'
import { createParser } from 'eventsource-parser'
import fc from 'fast-check'
import { byteByByte, cutAnywhere } from '../../test/fixtures/cuts.ts'
import { naiveSse } from '../../test/fixtures/naive-sse.ts'
import { readSse } from '../../test/fixtures/read-sse.ts'
import { SseParser } from './sse.ts'

const bom = '\uFEFF'

/** Counts the bytes that a run copies from one buffer into another. */
function bytesCopied(run: () => void): number {
  const { copy } = Buffer.prototype
  const { from } = Buffer
  let copied = 0
  Buffer.prototype.copy = function (this: Buffer, ...words: Parameters<Buffer['copy']>) {
    const length = copy.apply(this, words)
    copied += length
    return length
  }
  Buffer.from = ((value: Buffer) => {
    copied += value.length
    return from(value)
  }) as typeof Buffer.from
  try {
    run()
  } finally {
    Buffer.prototype.copy = copy
    Buffer.from = from
  }
  return copied
}

describe('the cost of an SSE stream', () => {
  const piece = Buffer.from('x')
  const line = Buffer.from('data: 12345678\n')

  it('is linear in a line that arrives byte by byte', () => {
    const pushes = 100_000
    const copied = bytesCopied(() => {
      const parser = new SseParser(() => {})
      parser.push(line.subarray(0, 6))
      for (let i = 0; i < pushes; i++) parser.push(piece)
      parser.push(Buffer.from('\n\n'))
    })
    assert.ok(copied > pushes && copied < 5 * pushes, `${copied} bytes copied`)
  })

  it('is linear in an event of many lines, each in a separate read', () => {
    const lines = 20_000
    const copied = bytesCopied(() => {
      const parser = new SseParser(() => {})
      for (let i = 0; i < lines; i++) parser.push(line)
    })
    assert.ok(copied < 5 * lines * line.length, `${copied} bytes copied`)
  })

  it('includes no copy if each event arrives in one read', () => {
    const read = Buffer.from('event: a\ndata: 12345678\n\n'.repeat(1000))
    const copied = bytesCopied(() => new SseParser(() => {}).push(read))
    assert.ok(copied < 10, `${copied} bytes copied`)
  })
})

/** Parts of streams, valid and broken. */
const tokens = [
  ...[
    'data',
    'event',
    'id',
    'retry',
    ':',
    ': ',
    ' ',
    '\n',
    '\n',
    '\r',
    '\r',
    '\r\n',
    '\n\n',
    '\0',
    '7',
    'x',
    'é',
    '€',
    '😀',
    bom,
  ],
  ...['data: a\n\n', 'event: b\n', 'id: 3\n', 'data:', 'data\n', ': c\n', 'retry: 10\r\n'],
].map((text) => Buffer.from(text))
const brokenBytes = [0xef, 0xbb, 0xbf, 0xe2, 0x82, 0x80, 0xf0, 0xff].map((byte) => Buffer.from([byte]))
const streamOf = (parts: readonly Buffer[]) =>
  fc.array(fc.constantFrom(...parts), { maxLength: 40 }).map((chosen) => Buffer.concat(chosen))

describe('any stream split anywhere', () => {
  it('has the same events, comments, ids and end as in one piece', () => {
    fc.assert(
      fc.property(cutAnywhere(streamOf([...tokens, ...brokenBytes])), ({ whole, pieces }) => {
        const expected = readSse([whole])
        assert.deepEqual(readSse(pieces), expected)
        assert.deepEqual(readSse(byteByByte(whole)), expected)
      }),
      { numRuns: 2000 },
    )
  })

  it('is parsed as the standard requires', () => {
    fc.assert(
      fc.property(cutAnywhere(streamOf([...tokens, ...brokenBytes])), ({ whole, pieces }) => {
        const { events, comments, retryMs } = readSse(pieces)
        assert.deepEqual({ events, comments, retryMs }, naiveSse(whole))
      }),
      { numRuns: 2000 },
    )
  })

  // Version 4 keeps a last event that ends in a lone CR, which 3.1.1 lost. These tokens do not trigger its other bugs.
  it('is parsed the same way as by eventsource-parser', () => {
    fc.assert(
      fc.property(cutAnywhere(streamOf([...tokens, ...brokenBytes])), ({ pieces }) => {
        const { events, comments, retryMs } = readSse(pieces)
        const ours = { events: events.map(({ type, data }) => ({ type, data })), comments, retryMs }
        assert.deepEqual(ours, readWithEventsourceParser(pieces))
      }),
      { numRuns: 2000 },
    )
  })
})

describe('a stream that eventsource-parser parses wrongly', () => {
  it('starts with the three characters of a byte order mark read as Latin-1, which are not a byte order mark', () => {
    const pieces = [Buffer.from('ï»¿data: a\n\n')]
    assert.deepEqual(readSse(pieces).events, [])
    assert.equal(readWithEventsourceParser(pieces).events.length, 1)
  })
})

function readWithEventsourceParser(pieces: readonly Uint8Array[]) {
  const events: { type: string; data: string }[] = []
  let comments = 0
  let retryMs: number | undefined
  const parser = createParser({
    onEvent: ({ event, data }) => events.push({ type: event || 'message', data }),
    onComment: () => comments++,
    onRetry: (value) => {
      retryMs = value
    },
  })
  // The decoder must not remove a mark: the parser already removes the first, and a second one belongs to the stream.
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  for (const piece of pieces) parser.feed(decoder.decode(piece, { stream: true }))
  return { events, comments, retryMs }
}
