import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { nowNs } from '../base/clock.ts'
import type { LoadPhase } from '../model/phase.ts'
import type { StreamRecord } from '../model/record.ts'
import { runBurst } from './burst.ts'
import { runClosedLoop } from './closed-loop.ts'
import { runOpenLoop } from './open-loop.ts'
import { Pacer } from './pacer.ts'
import type { PhaseWork } from './phase-work.ts'
import { arrivals, intendedStartS } from './schedule.ts'

type Start = readonly [intendedS: number, slot: number | undefined]

/** One worker's starts in a phase that began long ago, so that none has to wait. Each stream lasts `lastsS`, from its intended start. */
async function startsOf(
  run: (work: PhaseWork) => Promise<void>,
  phase: LoadPhase,
  { index = 0, count = 1, lastsS = 1, failed = false, busy = [] as readonly number[] } = {},
): Promise<readonly Start[]> {
  const beginNs = nowNs() - 1e15
  const starts: Start[] = []
  const busySlots = new Set(busy)
  let onEnded: (slot: number, record: StreamRecord) => void = () => undefined
  const { signal } = new AbortController()
  const outcome = { state: failed ? 'failed' : 'whole' }
  await run({
    phase,
    seed: 9,
    ...{ index, count, beginNs, signal, busySlots },
    pacer: new Pacer(signal),
    openStreams: () => 0,
    drop: () => undefined,
    start: (intendedNs, slot) => {
      starts.push([(intendedNs - beginNs) / 1e9, slot])
      if (slot === undefined) return
      busySlots.add(slot)
      queueMicrotask(() => {
        busySlots.delete(slot)
        onEnded(slot, { startedNs: intendedNs, endedNs: intendedNs + lastsS * 1e9, outcome } as StreamRecord)
      })
    },
    onSlotEnded: (ended) => {
      onEnded = ended
    },
  })
  return starts
}

const near = (a: number, b: number) => Math.abs(a - b) < 1e-6

describe('the workers of a load', () => {
  const workers = fc.integer({ min: 1, max: 5 })

  it('have the arrivals of an open loop together, each once', async () => {
    const kinds = fc.constantFrom('constant' as const, 'poisson' as const)
    await fc.assert(
      fc.asyncProperty(workers, fc.integer({ min: 1, max: 60 }), kinds, async (count, rate, kind) => {
        const phase: LoadPhase = { name: 'a', shape: 'constant-arrival-rate', rate, durationS: 2, arrivals: kind }
        const parts = Array.from({ length: count }, (_, index) => startsOf(runOpenLoop, phase, { index, count }))
        const all = (await Promise.all(parts)).flat().map(([atS]) => atS)
        const planned = [...arrivals(phase, 9)]
        assert.equal(all.length, planned.length)
        for (const [at, atS] of all.sort((a, b) => a - b).entries()) assert.ok(near(atS, planned[at] ?? Number.NaN))
      }),
      { numRuns: 30 },
    )
  })

  it('have the streams of a burst together, each once', async () => {
    await fc.assert(
      fc.asyncProperty(workers, fc.integer({ min: 1, max: 40 }), async (count, streams) => {
        const phase: LoadPhase = { name: 'a', shape: 'burst', streams, rampMs: 900 }
        const parts = Array.from({ length: count }, (_, index) => startsOf(runBurst, phase, { index, count }))
        const all = (await Promise.all(parts)).flat().map(([atS]) => atS)
        assert.equal(all.length, streams)
        for (const [at, atS] of all.sort((a, b) => a - b).entries())
          assert.ok(near(atS, intendedStartS(at, streams, 900)))
      }),
      { numRuns: 30 },
    )
  })

  it('have the slots of a closed loop together, each with one worker', async () => {
    const phase: LoadPhase = { name: 'a', shape: 'constant-streams', streams: 7, total: 50 }
    const parts = await Promise.all([0, 1, 2].map((index) => startsOf(runClosedLoop, phase, { index, count: 3 })))
    const slots = parts.map((starts) => new Set(starts.map(([, slot]) => slot)))
    assert.deepEqual(slots, [new Set([0, 3, 6]), new Set([1, 4]), new Set([2, 5])])
    assert.equal(parts.flat().length, 50)
  })
})

describe('a closed loop', () => {
  // The phase began long ago, so only a total ends it.
  const phase: LoadPhase = { name: 'a', shape: 'constant-streams', streams: 2, total: 6 }

  it('starts the next stream of a slot at the end of the last', async () => {
    const starts = await startsOf(runClosedLoop, phase, { lastsS: 2.5 })
    assert.deepEqual(starts, [
      [0, 0],
      [0, 1],
      [2.5, 0],
      [2.5, 1],
      [5, 0],
      [5, 1],
    ])
  })

  it('starts a stream per second and slot at most if streams fail', async () => {
    const starts = await startsOf(runClosedLoop, phase, { lastsS: 0.01, failed: true })
    assert.deepEqual(starts, [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
      [2, 0],
      [2, 1],
    ])
    // A stream that lasted longer before it failed is followed at once.
    const long = await startsOf(runClosedLoop, phase, { lastsS: 1.5, failed: true })
    assert.deepEqual(long.at(-1), [3, 1])
  })
})
