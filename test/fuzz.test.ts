import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRandom, mixSeed } from '../src/base/random.ts'
import { checkStream, type PlacedFinding } from '../src/grammar/check-stream.ts'
import { TextVerifier } from '../src/integrity/text-verifier.ts'
import { protocolNames } from '../src/model/protocol-name.ts'
import { stampedTexts } from '../src/plan/texts.ts'
import { goodAnthropic, goodChat, goodResponses, onTheWire } from './fixtures/good-streams.ts'

/** Inputs per protocol; `npm run fuzz` runs a million in total. */
const inputs = Number(process.env['FUZZ_INPUTS'] ?? 3000) / protocolNames.length
const seed = Number(process.env['FUZZ_SEED'] ?? 1)
const good = {
  'anthropic-messages': goodAnthropic,
  'openai-chat-completions': goodChat,
  'openai-responses': goodResponses,
} as const
/** Bytes with a meaning in SSE or JSON, to be mixed with random ones. */
const telling = Buffer.from('\n\r:{}[]",\\ 0-e\0\ufeff')

type Random = ReturnType<typeof createRandom>

/** A valid stream with up to eight parts changed, removed, duplicated or moved. */
function mutated(bytes: Buffer, random: Random): Buffer {
  let now = bytes
  for (let changes = 1 + (random() % 8); changes > 0; changes--) {
    const from = random() % (now.length + 1)
    const to = Math.min(now.length, from + (random() % 60))
    const [head, stretch, tail] = [now.subarray(0, from), now.subarray(from, to), now.subarray(to)]
    const byte = Buffer.of(random() % 2 === 0 ? (telling[random() % telling.length] as number) : random() % 256)
    const ways = [
      [head, tail],
      [head, stretch, stretch, tail],
      [head, byte, tail],
      [head, byte, stretch, tail],
      [tail, stretch, head],
    ]
    now = Buffer.concat(ways[random() % ways.length] as Buffer[])
  }
  return now
}

/** All results of the check for bytes that arrive in pieces. Each piece is overwritten after its read, like a socket's buffer. */
function resultOf(protocol: (typeof protocolNames)[number], bytes: Buffer, sizeOf: () => number) {
  const findings: PlacedFinding[] = []
  const check = checkStream({ protocol, onFinding: (finding) => findings.push(finding) })
  for (let at = 0; at < bytes.length; ) {
    const piece = Buffer.from(bytes.subarray(at, at + sizeOf()))
    check.push(piece)
    at += piece.length
    piece.fill(0)
  }
  return { ...check.end(), findings }
}

for (const protocol of protocolNames) {
  test(`${protocol}: no input makes the check throw, and the way it is split does not change the result`, {
    timeout: 3_600_000,
  }, () => {
    const bytes = onTheWire(good[protocol])
    for (let input = 0; input < inputs; input++) {
      const random = createRandom(mixSeed(seed, input))
      const broken = mutated(bytes, random)
      const whole = resultOf(protocol, broken, () => broken.length)
      const inPieces = resultOf(protocol, broken, () => 1 + (random() % 40))
      assert.deepEqual(
        inPieces,
        whole,
        `FUZZ_SEED=${seed}, input ${input}: ${JSON.stringify(broken.toString('latin1'))}`,
      )
    }
  })
}

test('no text makes the comparison with a plan throw, and the way it is split does not change the findings', {
  timeout: 3_600_000,
}, () => {
  const key = { seed: 1, stream: 7, content: 'awkward' } as const
  const text = Buffer.from(
    [...stampedTexts({ ...key, seed: 3 }, 12, () => 1e9)].join('').replace(/x é 語.*?(?=~|$)/gs, 'large '),
  )
  const findingsOf = (pieces: readonly string[]) => {
    const lines: string[] = []
    const onMismatch = (rule: string, delta: number, expected: string, got: string) =>
      lines.push(`${rule} ${delta} ${expected} ${got}`)
    const listener = { onMismatch, onStamp: () => {} }
    const verifier = new TextVerifier({ key: { ...key, seed: 3 }, from: 0, to: 12, listener })
    for (const piece of pieces) verifier.push(piece)
    verifier.end(true)
    return lines
  }
  for (let input = 0; input < inputs; input++) {
    const random = createRandom(mixSeed(seed, input))
    const broken = mutated(text, random).toString()
    const pieces: string[] = []
    for (let at = 0; at < broken.length; ) {
      const piece = broken.slice(at, at + 1 + (random() % 40))
      pieces.push(piece)
      at += piece.length
    }
    assert.deepEqual(
      findingsOf(pieces),
      findingsOf([broken]),
      `FUZZ_SEED=${seed}, input ${input}: ${JSON.stringify(broken)}`,
    )
  }
})
