import type { StreamRecord } from '../model/record.ts'
import type { Run } from '../model/run.ts'
import { settingsOf } from '../plan/mix.ts'
import { type ReactionName, reactionTo } from './reaction.ts'

/** What happened to the streams with one injected fault. */
export interface FaultTally {
  readonly fault: string
  readonly streams: number
  /** What their clients saw, the most frequent first. */
  readonly seen: readonly (readonly [what: string, streams: number])[]
  /** How the gateway reacted, the most frequent first. */
  readonly reactions: readonly (readonly [name: ReactionName, streams: number])[]
  readonly wrong: number
  /** Why the first wrong reaction is wrong. */
  readonly why?: string
  /** Most upstream requests for one stream; undefined if the mock could not report them. */
  readonly mostAttempts?: number
}

/** The faults of a run, by name. */
export function faultTallies({ records, target, scenario, gateway }: Run): readonly FaultTally[] {
  const circumstancesOf = ({ stream }: StreamRecord) => {
    const { chunks = 1, protocol = target.protocol } = settingsOf(scenario, stream)
    return { protocol, chunks, isDirect: gateway.kind === 'none' }
  }
  const byFault = Map.groupBy(
    // A fault cannot reach a stream whose request was never sent.
    records.filter(({ fault, requestSentNs }) => fault !== undefined && requestSentNs !== undefined),
    ({ fault }) => fault as string,
  )
  return [...byFault]
    .map(([fault, affected]): FaultTally => {
      const judged = affected.flatMap((record) => reactionTo(record, circumstancesOf(record)) ?? [])
      const counts = affected.flatMap(({ attempts }) => attempts ?? [])
      const wrong = judged.filter(({ isRight }) => !isRight)
      return {
        fault,
        streams: affected.length,
        seen: counted(affected.map(({ outcome }) => (outcome.state === 'failed' ? outcome.kind : outcome.state))),
        reactions: counted(judged.map(({ name }) => name)),
        wrong: wrong.length,
        why: wrong[0]?.why,
        mostAttempts: counts.length > 0 ? counts.reduce((most, count) => Math.max(most, count), 0) : undefined,
      }
    })
    .sort((a, b) => (a.fault < b.fault ? -1 : 1))
}

function counted<T extends string>(names: readonly T[]): readonly (readonly [T, number])[] {
  return [...Map.groupBy(names, (name) => name)]
    .map(([name, all]) => [name, all.length] as const)
    .sort(([, a], [, b]) => b - a)
}
