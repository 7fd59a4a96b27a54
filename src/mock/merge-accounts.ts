import { mergedOf } from '../model/histogram.ts'
import type { MockStats } from '../model/mock-stats.ts'
import type { FollowedStream } from './ledger.ts'

/** The counts of several processes as those of one mock; their joint peak is given, as it is no sum. */
export function mergeStats(parts: readonly MockStats[], streamsPeak: number): MockStats {
  const sum = (of: (part: MockStats) => number) => parts.reduce((all, part) => all + of(part), 0)
  const instrument = parts.flatMap(({ instrument }) => instrument ?? [])
  return {
    streamsOpen: sum((part) => part.streamsOpen),
    streamsPeak,
    streamsServed: sum((part) => part.streamsServed),
    streamsAborted: sum((part) => part.streamsAborted),
    requests: sum((part) => part.requests),
    deltasSent: sum((part) => part.deltasSent),
    eventsSent: sum((part) => part.eventsSent),
    bytesSent: sum((part) => part.bytesSent),
    pacingError: mergedOf(parts.map(({ pacingError }) => pacingError)).toJSON(),
    workers: parts.length,
    ...(instrument.length > 0 && { instrument }),
  }
}

/** What several processes did for each stream: of one that came to several of them, requests are summed and the latest state is its. */
export function mergeStreams(parts: readonly (readonly FollowedStream[])[]): readonly FollowedStream[] {
  const all = new Map<string, FollowedStream>()
  for (const one of parts.flat()) {
    const id = `${one.seed}.${one.stream}`
    const other = all.get(id)
    all.set(id, other ? mergeStream(other, one) : one)
  }
  return [...all.values()]
}

function mergeStream(one: FollowedStream, other: FollowedStream): FollowedStream {
  return {
    seed: one.seed,
    stream: one.stream,
    attempts: one.attempts + other.attempts,
    faulty: one.faulty + other.faulty,
    state: changedNs(one) >= changedNs(other) ? one.state : other.state,
    attemptedNs: Math.max(one.attemptedNs, other.attemptedNs),
    endedNs: Math.max(one.endedNs, other.endedNs),
  }
}

function changedNs({ state, attemptedNs, endedNs }: FollowedStream): number {
  return state === 'open' ? attemptedNs : endedNs
}
