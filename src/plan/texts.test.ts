import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { plannedText } from '../../test/fixtures/planned-text.ts'
import { mark, PlanTexts, readStampUs, stampedTexts, stampLength, stampOf } from './texts.ts'

const uint32 = fc.integer({ min: 0, max: 0xffff_ffff })
const textOf = (seed: number, stream: number, chunks = 8) => plannedText({ seed, stream }, chunks)

describe('the texts of a plan', () => {
  it('are the same in every version of the program', () => {
    assert.equal(textOf(7, 0, 2), '~0.0.d71e1306. frame ~0.1.1281264a. signal ')
    assert.equal(
      plannedText({ seed: 7, stream: 0, content: 'awkward' }, 1),
      '~0.0.d71e1306. </script><img src=x onerror=alert(1)> ',
    )
  })

  it('are the same each time, and a shorter plan is the start of a longer one', () => {
    fc.assert(
      fc.property(uint32, uint32, fc.nat({ max: 50 }), (seed, stream, chunks) => {
        assert.equal(textOf(seed, stream, chunks), textOf(seed, stream, chunks))
        assert.ok(textOf(seed, stream, 50).startsWith(textOf(seed, stream, chunks)))
      }),
    )
  })

  it('contain their stream, their number and the time at which they were sent', () => {
    const texts = [...stampedTexts({ seed: 1, stream: 42 }, 500, () => 1_234_567_890_123)]
    assert.equal(texts.length, 500)
    for (const [delta, text] of texts.entries())
      assert.match(text, new RegExp(`^~42\\.${delta}\\.[0-9a-f]{8}\\.0001234\\.567890 [a-z]+ $`))
    assert.equal(new Set(texts.map((text) => text.split('.')[2])).size, 500)
  })

  it('are found by their heads at any position, and only if every character matches', () => {
    fc.assert(
      fc.property(uint32, uint32, fc.nat({ max: 1200 }), fc.string(), fc.nat(), (seed, stream, delta, before, nth) => {
        const texts = new PlanTexts({ seed, stream })
        while (texts.delta < delta) texts.advance()
        const { head } = texts.text()
        const end = before.length + head.length
        assert.equal(texts.endOfHead(`${before}${head}rest`, before.length), end)
        assert.equal(texts.endOfHead(before + head, before.length), end)
        const at = nth % head.length
        assert.equal(texts.endOfHead(head.slice(0, at), 0), -1)
        const digit = head[at] === '1' ? '2' : '1'
        assert.equal(texts.endOfHead(`${head.slice(0, at)}${digit}${head.slice(at + 1)}`, 0), -1)
      }),
    )
  })

  it('contain the mark exactly once, even with awkward content', () => {
    const texts = [...stampedTexts({ seed: 3, stream: 1, content: 'awkward' }, 2000, () => 0)]
    for (const text of texts) assert.equal(text.lastIndexOf(mark), 0)
    assert.ok(texts.some((text) => Buffer.byteLength(text) > 64 * 1024))
    for (const sort of ['\u2028', '\n\n', 'data: [DONE]', '👩‍👩‍👧‍👦', 'é', '語', '"', '\\'])
      assert.ok(
        texts.some((text) => text.includes(sort)),
        sort,
      )
  })

  it('are as long as requested, and never shorter than number, time and word', () => {
    for (const [deltaBytes, content, expected] of [
      [300, 'plain', 300],
      [65_536, 'plain', 65_536],
      [1, 'plain', undefined],
    ] as const) {
      const texts = [...stampedTexts({ seed: 3, stream: 1, content, deltaBytes }, 120, () => 0)]
      const plain = [...stampedTexts({ seed: 3, stream: 1 }, 120, () => 0)]
      for (const [delta, text] of texts.entries()) {
        assert.equal(Buffer.byteLength(text), expected ?? plain[delta]?.length)
        assert.ok(text.startsWith(plain[delta] as string))
        assert.equal(text.lastIndexOf(mark), 0)
      }
    }
    const awkward = [...stampedTexts({ seed: 3, stream: 1, content: 'awkward', deltaBytes: 500 }, 200, () => 0)]
    assert.ok(awkward.every((text) => Buffer.byteLength(text) === 500 || Buffer.byteLength(text) > 60_000))
  })

  it('differ from stream to stream and from seed to seed', () => {
    const texts = new Set<string>()
    for (let stream = 0; stream < 2000; stream++) texts.add(textOf(7, stream))
    for (let seed = 0; seed < 2000; seed++) texts.add(textOf(seed, 3))
    // Both loops contain stream 3 of seed 7.
    assert.equal(texts.size, 3999)
  })
})

describe('a stamp', () => {
  it('carries an instant with microsecond precision', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 8_000_000_000_000 }), (us) => {
        const stamp = stampOf(us * 1000 + 999)
        assert.equal(stamp.length, stampLength)
        assert.equal(readStampUs(`x${stamp}y`, 1), us)
      }),
    )
  })

  it('is not found in other texts', () => {
    for (const text of ['', '0001234.56789', '0001234,567890', '000123a.567890', '0001234.56789x'])
      assert.equal(readStampUs(text, 0), undefined)
  })
})
