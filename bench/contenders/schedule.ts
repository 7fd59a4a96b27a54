import { nowNs } from '../../src/base/clock.ts'
import { runBurst } from '../../src/load/burst.ts'
import { runClosedLoop } from '../../src/load/closed-loop.ts'
import { runOpenLoop } from '../../src/load/open-loop.ts'
import { Pacer } from '../../src/load/pacer.ts'
import type { PhaseWork } from '../../src/load/phase-work.ts'
import type { LoadPhase } from '../../src/model/phase.ts'
import type { StreamRecord } from '../../src/model/record.ts'

/** Starts of each shape, and streams of the closed loop that are open at once. */
const starts = 200_000
const slots = 1000

const phases: Readonly<Record<string, LoadPhase>> = {
  burst: { name: 'a', shape: 'burst', streams: starts },
  'closed loop': { name: 'a', shape: 'constant-streams', streams: slots, total: starts },
  'open loop': { name: 'a', shape: 'constant-arrival-rate', rate: 1e6, total: starts, maxStreams: starts },
  'open loop, Poisson': { name: 'a', shape: 'constant-arrival-rate', rate: 1e6, total: starts, arrivals: 'poisson' },
}

const [, , name = 'burst'] = process.argv
const phase = phases[name] as LoadPhase
const { signal } = new AbortController()
const busySlots = new Set<number>()
const ended = { state: 'whole' } as const
let started = 0
let onEnded: (slot: number, record: StreamRecord) => void = () => undefined

/** Starts no stream: what remains is the schedule. The stream of a slot ends as soon as the executor waits. */
const work: PhaseWork = {
  phase,
  seed: 1,
  index: 0,
  count: 1,
  // All starts are due.
  beginNs: nowNs() - 1e12,
  signal,
  pacer: new Pacer(signal),
  openStreams: () => 0,
  start: (_, slot) => {
    started++
    if (slot === undefined) return
    busySlots.add(slot)
    queueMicrotask(() => {
      busySlots.delete(slot)
      onEnded(slot, { startedNs: 0, endedNs: nowNs(), outcome: ended } as StreamRecord)
    })
  },
  drop: () => undefined,
  busySlots,
  onSlotEnded: (act) => {
    onEnded = act
  },
}

const before = process.cpuUsage()
if (name === 'burst') await runBurst(work)
else await (name === 'closed loop' ? runClosedLoop : runOpenLoop)(work)
const { user, system } = process.cpuUsage(before)
console.log(JSON.stringify({ usPerStart: (user + system) / started, started }))
