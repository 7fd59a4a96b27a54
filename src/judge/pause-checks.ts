import { counted, duration, percent } from '../base/format.ts'
import type { DirectWindow } from '../model/baseline.ts'
import type { Pause } from '../model/instrument.ts'
import type { Run } from '../model/run.ts'
import { causeOf, type PartPauses, type PauseCause, pauseMs, totalMs } from './pauses.ts'
import { remedies } from './remedies.ts'
import { type TimingCheck, worst } from './timing-check.ts'
import { timingLimits } from './timing-limits.ts'

const { pause: limits } = timingLimits

/** The long pauses of a part: those from the `suspect` limit on. */
function longPauses({ pauses }: PartPauses): readonly Pause[] {
  return pauses.filter((pause) => pauseMs(pause) >= limits.suspect.longestMs)
}

function longestMs(pauses: readonly Pause[]): number {
  return pauses.reduce((longest, pause) => Math.max(longest, pauseMs(pause)), 0)
}

/** The cause of most of the time of some pauses. */
function mainCause(pauses: readonly Pause[]): PauseCause {
  const sums = new Map<PauseCause, number>()
  for (const pause of pauses) sums.set(causeOf(pause), (sums.get(causeOf(pause)) ?? 0) + pauseMs(pause))
  const [first] = [...sums].sort(([, a], [, b]) => b - a)
  return first?.[0] ?? 'unknown'
}

/** A check of the long pauses that `isOwn` selects. The sum of all long pauses counts for each check. */
function pauseCheck(id: string, isOwn: (pause: Pause) => boolean): TimingCheck<PartPauses> {
  const { longestMs: maxMs, total } = limits.invalid
  return {
    id,
    state: (part) => {
      const own = longPauses(part).filter(isOwn)
      const sumMs = totalMs(longPauses(part))
      return worst(
        own.length > 0 && (longestMs(own) >= maxMs || (sumMs >= total.ms && sumMs >= total.ofLoad * part.loadMs)),
        own.length > 0,
      )
    },
    sentence: (part, state) => {
      const own = longPauses(part).filter(isOwn)
      const cause = mainCause(own)
      const sumMs = totalMs(own)
      const several =
        own.length > 1
          ? ` in ${counted(own.length, 'pause')}, the longest ${duration(longestMs(own))}, ${percent(sumMs / part.loadMs)} of the load`
          : ''
      const limit =
        state === 'suspect'
          ? duration(limits.suspect.longestMs)
          : `${duration(maxMs)}, or ${duration(total.ms)} and ${percent(total.ofLoad)} of the load in total`
      const what = sentences[cause](part, duration(sumMs))
      return `${what}${several} (limit ${limit}). ${remedyOf(cause, part, longestMs(own))}`
    },
  }
}

/**
 * Whether a part of the harness was paused. What the gateway sent meanwhile arrived late, or was sent late by the mock. A process that
 * was stopped has its own reason, so that a busy machine does not hide it.
 */
export const pauseChecks: readonly TimingCheck<PartPauses>[] = [
  pauseCheck('suspension', (pause) => causeOf(pause) === 'suspended'),
  pauseCheck('pause', (pause) => causeOf(pause) !== 'suspended'),
]

/** A direct-to-mock load, and the pauses of one part of the harness during it. */
interface PausedBaseline {
  readonly when: DirectWindow['when']
  readonly part: PartPauses
}

/** Whether a part of the harness was paused during the baseline. The gateway's own times are not affected, but the overhead is. */
export const baselineCheck: TimingCheck<PausedBaseline> = {
  id: 'baseline_pause',
  state: ({ part }) => worst(false, longPauses(part).length > 0),
  sentence: ({ when, part }) => {
    const long = longPauses(part)
    const cause = mainCause(long)
    const what = sentences[cause](part, duration(totalMs(long)))
    const limit = duration(limits.suspect.longestMs)
    return `${what} in the direct baseline ${when} the load (limit ${limit}): the overhead is unreliable. ${remedyOf(cause, part, longestMs(long))}`
  },
}

/** The parts that paused in each baseline window of a run. */
export function pausedBaselines({ baseline }: Run): readonly PausedBaseline[] {
  return (baseline?.windows ?? []).flatMap(({ when, paused = [] }) =>
    paused.map(({ name, pauses }) => {
      return { when, part: { part: name, thread: name, loadMs: 0, pauses, longestGcMs: 0 } }
    }),
  )
}

/** By cause: what happened, up to its duration. Stopping a process stops all of its threads, so that sentence names the part. */
const sentences: Readonly<Record<PauseCause, (part: PartPauses, time: string) => string>> = {
  suspended: ({ part }, time) => `The ${part} was suspended for ${time}`,
  no_cpu: ({ thread }, time) => `The ${thread} got no CPU for ${time}`,
  busy: ({ thread }, time) => `The event loop of the ${thread} was blocked for ${time}`,
  unknown: ({ thread }, time) => `The ${thread} was paused for ${time}`,
}

function remedyOf(cause: PauseCause, { longestGcMs }: PartPauses, longestPauseMs: number): string {
  switch (cause) {
    case 'suspended':
      return remedies.keepRunning
    case 'no_cpu':
      return remedies.moreCpu
    case 'busy':
      return longestGcMs >= longestPauseMs / 2 ? remedies.lessGarbage : remedies.lessWork
    case 'unknown':
      return remedies.anyDelay
  }
}
