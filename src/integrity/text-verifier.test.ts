import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type ContentKind, contentKinds } from '../model/content.ts'
import { stampedTexts } from '../plan/texts.ts'
import { TextVerifier } from './text-verifier.ts'

const chunks = 20

interface VerifyOptions {
  readonly stream?: number
  readonly content?: ContentKind
  readonly isSuccess?: boolean
}

/** The mismatches of a text in pieces, each as `rule@delta`. */
function verify(pieces: readonly string[], { stream = 7, content = 'plain', isSuccess = true }: VerifyOptions = {}) {
  const reported: string[] = []
  const stamps: number[] = []
  const verifier = new TextVerifier({
    key: { seed: 1, stream, content },
    from: 0,
    to: chunks,
    listener: {
      onMismatch: (rule, delta) => reported.push(`${rule}@${delta}`),
      onStamp: (us) => stamps.push(us),
    },
  })
  for (const piece of pieces) verifier.push(piece)
  verifier.end(isSuccess)
  return { reported, stamps }
}

/** The deltas of a stream, stamped with 1, 2, ... ms. */
function deltasOf(stream = 7, content: ContentKind = 'plain'): readonly string[] {
  let ms = 0
  return [...stampedTexts({ seed: 1, stream, content }, chunks, () => ++ms * 1e6)]
}

const deltas = deltasOf()
const positions = { start: 0, middle: 9, last: chunks - 1 }

describe('a text that arrives as planned', () => {
  it('has no mismatch and each stamp once, whatever its content and however it is joined and split', () => {
    fc.assert(
      fc.property(fc.constantFrom(...contentKinds), fc.array(fc.nat({ max: 70_000 })), (content, cuts) => {
        const text = deltasOf(7, content).join('')
        const at = [...new Set(cuts.map((cut) => cut % text.length))].sort((a, b) => a - b)
        const pieces = [0, ...at].map((from, index) => text.slice(from, at[index] ?? text.length))
        const { reported, stamps } = verify(pieces, { content })
        assert.deepEqual(reported, [])
        assert.deepEqual(
          stamps,
          Array.from({ length: chunks }, (_, index) => (index + 1) * 1000),
        )
      }),
      { numRuns: 300 },
    )
  })

  it('has no mismatch if the stream itself reports a failure', () => {
    for (let length = 0; length <= deltas.join('').length; length++)
      assert.deepEqual(verify([deltas.join('').slice(0, length)], { isSuccess: false }).reported, [])
  })
})

/** Changes to the deltas, and the rule that each change breaks. */
const changes: Readonly<
  Record<string, readonly [rule: string, (deltas: string[], at: number) => string[] | undefined]>
> = {
  'a delta is missing': ['I1', (all, at) => (at === chunks - 1 ? undefined : all.toSpliced(at, 1))],
  'a delta arrives twice': ['I2', (all, at) => all.toSpliced(at, 0, all[at] as string)],
  'a delta arrives after the next': ['I3', (all, at) => swapped(all, at)],
  'a letter differs': ['I4', (all, at) => all.with(at, all[at]?.replace(/[a-z](?= $)/, 'Q') as string)],
  'a digit of a hash differs': ['I4', (all, at) => all.with(at, flipHash(all[at] as string))],
  'a character is the replacement character': [
    'I4',
    (all, at) => all.with(at, (all[at] as string).replace(/ [a-z]/, ' \ufffd')),
  ],
  'the mark of a delta is gone': ['I4', (all, at) => all.with(at, (all[at] as string).slice(1))],
  'a delta of another stream is inserted': ['I5', (all, at) => all.toSpliced(at, 0, deltasOf(8)[at] as string)],
  'a delta of another stream replaces one': ['I5', (all, at) => all.with(at, deltasOf(8)[at] as string)],
}

function swapped(all: string[], at: number): string[] | undefined {
  const next = all[at + 1]
  return next === undefined ? undefined : all.with(at, next).with(at + 1, all[at] as string)
}

function flipHash(text: string): string {
  const at = text.split('.', 2).join('.').length + 1
  return `${text.slice(0, at)}${text[at] === '0' ? '1' : '0'}${text.slice(at + 1)}`
}

describe('a text in which', () => {
  for (const [title, [rule, change]] of Object.entries(changes)) {
    for (const [position, at] of Object.entries(positions)) {
      const changed = change([...deltas], at)
      if (!changed) continue
      it(`${title}, at the ${position}, breaks ${rule} there, however it is split`, () => {
        for (const pieces of [changed, [changed.join('')], [...changed.join('')]]) {
          const { reported } = verify(pieces)
          const place = rule === 'I5' ? reported[0] : `${rule}@${at}`
          assert.ok(reported.includes(place ?? '') && place?.startsWith(rule), reported.join(' '))
          // A replaced delta is also reported as missing: with I1, or with I6 if it is the last one.
          const others = reported.filter((entry) => entry !== place && entry !== `I1@${at}` && entry !== `I6@${at}`)
          assert.deepEqual(others, [])
        }
      })
    }
  }

  it('the end is missing breaks I6 if the stream claims to be complete', () => {
    const text = deltas.join('')
    for (let length = 0; length < text.length; length++) {
      const { reported } = verify([text.slice(0, length)])
      assert.equal(reported.length, 1, `${length}: ${reported}`)
      assert.match(reported[0] as string, /^I6@/)
    }
  })

  it('everything is from another stream breaks only I5', () => {
    const { reported } = verify(deltasOf(8))
    assert.deepEqual(new Set(reported.map((entry) => entry.slice(0, 2))), new Set(['I5']))
  })

  it('something follows the end breaks I4 there', () => {
    assert.deepEqual(verify([...deltas, 'more']).reported, ['I4@20'])
  })

  it('deltas are missing in two places has one finding for each place', () => {
    assert.deepEqual(verify(deltas.filter((_, at) => ![2, 3, 4, 11].includes(at))).reported, ['I1@2', 'I1@11'])
  })

  it('numbers have leading zeros breaks I4', () => {
    assert.deepEqual(verify(deltas.with(3, (deltas[3] as string).replace('~7.3.', '~007.3.'))).reported, ['I4@3'])
    assert.deepEqual(verify(deltas.with(3, (deltas[3] as string).replace('~7.3.', '~7.03.'))).reported, ['I4@3'])
  })

  it('a delta claims to be millions ahead is reported at once, and the rest is still compared', () => {
    const stray = '~7.9999998.00000000.0000000.000000 x '
    const began = process.cpuUsage()
    const { reported } = verify([
      ...deltas.slice(0, 5),
      ...Array.from({ length: 2000 }, () => stray),
      ...deltas.slice(5),
    ])
    assert.deepEqual(new Set(reported), new Set(['I3@5']))
    // A search from the start for each delta would take far longer.
    assert.ok(process.cpuUsage(began).user < 5_000_000)
  })

  it('nothing is planned is reported once, even if it arrives in a hundred thousand pieces', () => {
    const { reported } = verify([...Array.from({ length: 100_000 }, () => 'x')])
    assert.deepEqual(new Set(reported), new Set(['I4@0', 'I6@1']))
  })
})
