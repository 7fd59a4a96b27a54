import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { describe, it } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { defaultMaxEventBytes, type MemoryBudget } from './memory-budget.ts'
import { SseParser } from './sse.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const mib = 1024 * 1024
const block = Buffer.alloc(256 * 1024, 'x')
const wide = Buffer.from('\u20ac'.repeat(80 * 1024))

/** Endless streams that a parser could keep, each as its beginning and what repeats after it. */
const endless: Readonly<Record<string, readonly [start: string, repeated: readonly (string | Buffer)[]]>> = {
  'a line without an end': ['', [block]],
  'a comment without an end': [':', [block]],
  'data without an end': ['data: ', [block]],
  'an id without an end': ['id: ', [block]],
  'an event name without an end': ['event: ', [block]],
  'an event of many lines': ['', ['data: ', block, '\n']],
  'an event of very many short lines': ['', ['data: 0123456789abcdef\n'.repeat(4096)]],
  'ids and names that grow': ['', ['id: ', block, block, block, '\nevent: ', block, block, block, '\ndata: x\n']],
  'ids that take effect, and data after them': ['', ['id: ', ...Array(9).fill(block), '\n\ndata: ', block, '\n']],
  'a name of wide characters': ['event: ', [wide]],
  'an id of wide characters': ['', ['id: ', wide, wide, wide, wide, '\n', 'data: ', block, '\n']],
  'an id, a name, data and a line without an end': [
    '',
    ['id: ', block, block, block, '\nevent: ', block, block, '\ndata: ', block, block, '\ndata: ', block, block, block],
  ],
}

function usedBytes(): number {
  collect()
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** Pushes up to 64 MiB; stops as soon as the parser does. `after` runs after each push. */
function feed(parser: SseParser, [start, repeated]: (typeof endless)[string], after: () => void): void {
  parser.push(Buffer.from(start))
  for (let sent = 0; sent < 64 * mib; ) {
    for (const part of repeated) {
      if (parser.overflowed) return
      const bytes = Buffer.from(part)
      parser.push(bytes)
      sent += bytes.length
      after()
    }
  }
}

describe('the memory of an SSE stream', () => {
  for (const [title, stream] of Object.entries(endless)) {
    it(`is at most 8 MiB, and none after its end: ${title}`, () => {
      const budget: MemoryBudget = { usedBytes: 0, limitBytes: Number.POSITIVE_INFINITY }
      const before = usedBytes()
      const parser = new SseParser(() => undefined, undefined, budget)
      let largest = 0
      let measured = 0
      feed(parser, stream, () => {
        assert.equal(budget.usedBytes, parser.keptBytes)
        largest = Math.max(largest, parser.keptBytes)
        // A collection takes time: measure near the limit only.
        if (parser.keptBytes > 6 * mib && measured++ < 3)
          assert.ok(
            usedBytes() - before < parser.keptBytes + mib,
            `${(usedBytes() - before) / mib} of ${parser.keptBytes / mib}`,
          )
      })
      assert.ok(largest <= defaultMaxEventBytes, `${largest} bytes`)
      parser.close()
      assert.equal(budget.usedBytes, 0)
      assert.ok(usedBytes() - before < mib)
    })
  }

  it('counts toward the limit that all streams share, and only the stream that exceeds it stops', () => {
    const budget: MemoryBudget = { usedBytes: 0, limitBytes: 3 * mib }
    const open = Object.values(endless).map((stream) => {
      const parser = new SseParser(() => undefined, undefined, budget)
      feed(
        {
          push: parser.push.bind(parser),
          get overflowed() {
            return parser.overflowed || parser.keptBytes > mib
          },
        } as SseParser,
        stream,
        () => {
          assert.ok(budget.usedBytes <= budget.limitBytes)
        },
      )
      return parser
    })
    const exceeded = open.map((parser) => parser.exceeded)
    assert.ok(exceeded.includes('run'))
    assert.ok(exceeded.includes(undefined))
    assert.ok(!exceeded.includes('stream'))
    for (const parser of open) parser.close()
    assert.equal(budget.usedBytes, 0)
  })

  it('contains ids and event names, which may take two bytes per character', () => {
    const parser = new SseParser(() => undefined)
    const text = 'x'.repeat(mib)
    const steps: readonly (readonly [line: string, leastMib: number])[] = [
      [`id: ${text}\n`, 2],
      [`event: ${text}\n`, 4],
      ['\n', 2],
      ['id: 1\n', 2],
      ['\n', 0],
    ]
    for (const [line, leastMib] of steps) {
      parser.push(Buffer.from(line))
      assert.ok(parser.keptBytes >= leastMib * mib, line.slice(0, 10))
      assert.ok(parser.keptBytes < leastMib * mib + 8192, line.slice(0, 10))
    }
  })

  it('is given back after each event, so that any number of large events fit one after the other', () => {
    const budget: MemoryBudget = { usedBytes: 0, limitBytes: 2 * mib }
    let events = 0
    const parser = new SseParser(() => events++, undefined, budget)
    for (let event = 0; event < 20; event++)
      for (const part of [`id: ${event}\nevent: name-${event}\ndata: `, block, '\ndata: ', block, '\n\n'])
        parser.push(Buffer.from(part))
    assert.equal(events, 20)
    assert.equal(parser.exceeded, undefined)
    assert.ok(budget.usedBytes < 8192)
  })

  it('is not kept again if the stream is closed while one of its events is handled', () => {
    const budget: MemoryBudget = { usedBytes: 0, limitBytes: mib }
    let events = 0
    const parser: SseParser = new SseParser(
      () => {
        events++
        parser.close()
      },
      undefined,
      budget,
    )
    parser.push(Buffer.from('data: a\n\ndata: b\n\nid: 1\ndata: c'))
    parser.push(Buffer.from('data: d\n\n'))
    assert.equal(events, 1)
    assert.equal(budget.usedBytes, 0)
  })
})
