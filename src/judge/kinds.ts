import type { StreamRecord } from '../model/record.ts'
import type { Run } from '../model/run.ts'
import { durationNs, ttftNs } from '../model/times.ts'
import { kindOf } from '../plan/mix.ts'
import { type Distribution, distributionOf } from './distribution.ts'

/** What the streams of one kind of a mix did. */
export interface KindSummary {
  readonly name: string
  /** Planned share of the streams. */
  readonly share: number
  readonly streams: number
  readonly whole: number
  readonly failed: number
  readonly aborted: number
  /** Over every stream that got that far. */
  readonly ttft?: Distribution
  /** Over complete streams. */
  readonly duration?: Distribution
}

/** What the streams of each kind did; undefined without a mix, and if the records are those of the warm-up. */
export function kindSummaries(
  { scenario, stopped }: Pick<Run, 'scenario' | 'stopped'>,
  records: readonly StreamRecord[],
): readonly KindSummary[] | undefined {
  const { mix, seed } = scenario
  if (mix === undefined || stopped?.phase === 'warm-up') return undefined
  const byKind = mix.map((): StreamRecord[] => [])
  for (const record of records) byKind[kindOf(mix, seed, record.stream)]?.push(record)
  const total = mix.reduce((sum, { weight }) => sum + weight, 0)
  const over = (streams: readonly StreamRecord[], time: (record: StreamRecord) => number | undefined) =>
    distributionOf(streams.map(time).filter((ns) => ns !== undefined))
  return mix.map(({ name, weight }, index): KindSummary => {
    const streams = byKind[index] ?? []
    const whole = streams.filter(({ outcome }) => outcome.state === 'whole')
    const failed = streams.filter(({ outcome }) => outcome.state === 'failed').length
    return {
      name,
      share: weight / total,
      streams: streams.length,
      whole: whole.length,
      failed,
      aborted: streams.length - whole.length - failed,
      ttft: over(streams, ttftNs),
      duration: over(whole, durationNs),
    }
  })
}
