import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { faultNames, faultTable } from '../src/fault/fault-table.ts'
import { deltasBefore, parsePlaced } from '../src/fault/parse-fault.ts'
import { startMock } from '../src/mock/mock.ts'
import { protocolNames } from '../src/model/protocol-name.ts'
import type { StreamRecord } from '../src/model/record.ts'
import { load } from './fixtures/load.ts'
import { silentLog } from './fixtures/silent-log.ts'

const chunks = 12
/** Seeds of each fault at each place; `FAULT_SEEDS` asks for more. */
const seeds = Number(process.env['FAULT_SEEDS'] ?? 3)
/** So many of them at a time, as each stream takes two descriptors here. */
const seedsAtOnce = 5
/** Silence that ends a stalled stream, in s. */
const idleS = 4

/** Those that only silence ends: the others may take as long as this machine is busy. */
const silent = new Set(['no-answer', 'stall-first', 'stall', 'stall-comments'])

function seen({ outcome, findings = [] }: StreamRecord): string {
  const name = outcome.state === 'failed' ? outcome.kind : outcome.state
  return `${name} ${findings.map(({ rule }) => rule).join(' ')} ${outcome.state === 'failed' ? outcome.detail : ''}`
}

describe('each fault, straight from the mock', { concurrency: 3 }, () => {
  for (const protocol of protocolNames) {
    it(`has its class in ${protocol} at each place, and so has no stream beside it`, async (t) => {
      const mock = await startMock({ host: '127.0.0.1', port: 0, chunks: 1, delayMs: 0, log: silentLog })
      t.after(() => mock[Symbol.asyncDispose]())
      const cases = faultNames.flatMap((name) => {
        const { protocols, isPlaced } = faultTable[name]
        if (protocols && !protocols.includes(protocol)) return []
        return (isPlaced ? ['start', '50%', 'last'] : ['']).map((place) => ({
          name,
          text: place ? `${name}@${place}` : name,
        }))
      })
      const resultsOf = (isSilent: boolean, seedsOf: readonly number[]) =>
        Promise.all(
          cases
            .filter(({ name }) => silent.has(name) === isSilent)
            .flatMap(({ name, text }, at) =>
              seedsOf.map(async (seed) => {
                const key = { seed: at * 1000 + seed, chunks, delayMs: 2 }
                const wish = { ...key, model: 'mock-model', isPlanCertain: true, protocol }
                const faults = [`${text}#1`]
                const limits = { idleS: isSilent ? idleS : 40, timeoutS: 60 }
                const { records } = await load(mock.url, { ...wish, ...limits, streams: 3, faults })
                return { name, text, seed, records }
              }),
            ),
        )
      const results: Awaited<ReturnType<typeof resultsOf>> = []
      for (let first = 0; first < seeds; first += seedsAtOnce) {
        const some = Array.from({ length: Math.min(seedsAtOnce, seeds - first) }, (_, at) => first + at)
        // One after the other: what is to be silent is so by the clock, and this machine is busy with the others.
        results.push(...(await resultsOf(false, some)), ...(await resultsOf(true, some)))
      }
      const wrong = results.flatMap(({ name, text, seed, records }) => {
        const placed = parsePlaced(text)
        const [before, befallen, after] = records
        assert.ok(placed && before && befallen && after)
        const { outcome, rule } = faultTable[name].direct(protocol, deltasBefore(placed, chunks), chunks)
        const got = befallen.outcome.state === 'failed' ? befallen.outcome.kind : befallen.outcome.state
        const isFound = rule === undefined || befallen.findings?.some((finding) => finding.rule === rule)
        return [
          ...(got === outcome && isFound
            ? []
            : [`${text}, seed ${seed}: ${outcome} ${rule ?? ''}, got ${seen(befallen)}`]),
          ...[before, after]
            .filter((clean) => seen(clean) !== 'whole  ')
            .map((clean) => `beside ${text}: ${seen(clean)}`),
        ]
      })
      assert.deepEqual(wrong, [])
    })
  }
})
