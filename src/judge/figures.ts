import {
  countMeasure,
  dataRateMeasure,
  type Measure,
  rateMeasure,
  shareMeasure,
  sizeMeasure,
  timeMeasure,
} from '../base/quantity.ts'
import { ruleIds } from '../grammar/rules.ts'
import { failureKinds } from '../model/failure.ts'
import { isHarmed, type StreamRecord } from '../model/record.ts'
import { fewestFor } from './distribution.ts'
import { gatewayFindingClasses, weightOf } from './gateway-finding.ts'
import type { TimeOverhead } from './overhead.ts'
import { peakConcurrency } from './peak.ts'
import { type Endings, endingsOf, type Slice } from './slice.ts'

/**
 * What a metric depends on: `fact`: content, processes and resources, valid even if the times are not; `ending`: how streams ended,
 * for which a slow harness may be the cause; `time`: valid only if the times are.
 */
export type Basis = 'fact' | 'ending' | 'time'

/** The value of a metric, in quanta of its measure. */
export interface Reading {
  /** Undefined if it was not measured; infinite for a time that streams failed to reach. */
  readonly value?: number
  /** Values that it was computed from, and how many it needs; absent: it is not a statistic. */
  readonly n?: number
  readonly fewest?: number
}

/** A single number of the report. `NAME` in its name stands for each of `names`. */
export interface Figure {
  readonly name: string
  readonly measure: Measure
  readonly help: string
  readonly basis: Basis
  readonly perPhase?: boolean
  /** Whether it is known while the load runs. */
  readonly isLive?: boolean
  readonly names?: readonly string[]
  /** What the documentation writes for `NAME`. */
  readonly stands?: string
  readonly read: (slice: Slice, isExact: boolean, name: string) => number | Reading | undefined
}

const truncatedKinds = ['truncated_fin', 'truncated_clean_eof', 'masked_truncation'] as const

const failedOf = ({ failed }: Endings) => failed
const truncatedOf = ({ kinds }: Endings) => truncatedKinds.reduce((sum, kind) => sum + (kinds.get(kind) ?? 0), 0)
const kindOf = (name: string) => (endings: Endings) => endings.kinds.get(name as (typeof failureKinds)[number]) ?? 0

/** `part` of `total` in millionths, without the noise of a fraction; undefined of nothing. */
function shareOf(part: number, total: number): number | undefined {
  return total === 0 ? undefined : (part * 1e6) / total
}

function countFigure(name: string, help: string, of: (name: string) => (endings: Endings) => number): Figure {
  const read = ({ records }: Slice, isExact: boolean, each: string) => {
    const endings = endingsOf(records, isExact)
    return endings.ended === 0 ? undefined : of(each)(endings)
  }
  return { name: `${name}.count`, measure: countMeasure, help, basis: 'ending', perPhase: true, read }
}

function rateFigure(name: string, help: string, of: (name: string) => (endings: Endings) => number): Figure {
  const read = ({ records }: Slice, isExact: boolean, each: string) => {
    const endings = endingsOf(records, isExact)
    return shareOf(of(each)(endings), endings.ended)
  }
  return { name: `${name}.rate`, measure: shareMeasure, help, basis: 'ending', perPhase: true, read }
}

const overheadTimes = ['connect', 'headers', 'ttft', 'interChunk', 'transit'] as const

function overheadFigure(percentile: 'p50' | 'p99'): Figure {
  const read = ({ summary }: Slice, _: boolean, name: string): Reading => {
    const time: TimeOverhead | undefined = summary.overhead?.[name as (typeof overheadTimes)[number]]
    if (!time) return {}
    const ms = time[percentile]?.overheadMs
    const fewest = fewestFor(Number(percentile.slice(1)))
    return { value: ms === undefined ? undefined : nsOf(ms), n: Math.min(time.nDirect, time.nGateway), fewest }
  }
  const help = `What the gateway added to the ${percentile} of ${overheadTimes.join(', ')}: gateway minus direct.`
  return {
    name: `overhead.NAME.${percentile}`,
    measure: timeMeasure,
    help,
    basis: 'time',
    names: overheadTimes,
    stands: 'TIME',
    read,
  }
}

function nsOf(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms * 1e6)
}

function perSecond(count: number, wallS: number | undefined): number | undefined {
  return wallS ? (count * 1e6) / wallS : undefined
}

function sumOf(records: readonly StreamRecord[], member: 'events' | 'deltas'): number {
  return records.reduce((sum, record) => sum + record[member], 0)
}

const wholeOf = ({ records }: Slice) => records.filter(({ outcome }) => outcome.state === 'whole')

/** Every metric that is a single number. */
export const figures: readonly Figure[] = [
  { ...countFigure('failed', 'Failed streams, without those with an injected fault.', () => failedOf), isLive: true },
  { ...rateFigure('failed', 'Their share of the streams that ended by themselves.', () => failedOf), isLive: true },
  countFigure(
    'truncated',
    'Streams that ended without their terminal event, or without all of their text.',
    () => truncatedOf,
  ),
  rateFigure('truncated', 'Their share of the streams that ended by themselves.', () => truncatedOf),
  {
    ...countFigure('errors.NAME', 'Streams that failed in this way, such as `http_5xx` ([kinds](streams.md)).', kindOf),
    names: failureKinds,
    stands: 'KIND',
  },
  {
    ...rateFigure('errors.NAME', 'Their share of the streams that ended by themselves.', kindOf),
    names: failureKinds,
    stands: 'KIND',
  },
  {
    name: 'dropped.count',
    measure: countMeasure,
    help: 'Starts that an open loop dropped because too many streams were open.',
    basis: 'time',
    perPhase: true,
    read: ({ dropped }) => dropped,
  },
  {
    name: 'dropped.rate',
    measure: shareMeasure,
    help: 'Their share of all starts that were due.',
    basis: 'time',
    perPhase: true,
    read: ({ dropped, records }) => shareOf(dropped, dropped + records.length),
  },
  {
    name: 'goodput.count',
    measure: countMeasure,
    help: 'Streams that were complete and met every `--goodput` limit.',
    basis: 'time',
    perPhase: true,
    read: ({ goodput }) => (goodput.ended === 0 ? undefined : goodput.count),
  },
  {
    name: 'goodput.share',
    measure: shareMeasure,
    help: 'Their share of the streams that ended by themselves, without those with an injected fault.',
    basis: 'time',
    perPhase: true,
    read: ({ goodput }) => shareOf(goodput.count, goodput.ended),
  },
  {
    name: 'goodput.rate',
    measure: rateMeasure,
    help: 'The same streams per second.',
    basis: 'time',
    perPhase: true,
    read: ({ goodput, wallS }) => perSecond(goodput.count, wallS),
  },
  {
    name: 'findings.count',
    measure: countMeasure,
    help: 'Findings that make a run FAIL or WARN: errors of streams, and findings of the gateway that are not notes.',
    basis: 'fact',
    read: ({ summary, gatewayFindings }) =>
      summary.rules.reduce((sum, { severity, count }) => sum + (severity === 'error' ? count : 0), 0) +
      gatewayFindings.filter((finding) => weightOf(finding) !== 'note').length,
  },
  {
    name: 'findings.NAME.count',
    measure: countMeasure,
    help: 'Findings of a rule ([rules](rules.md)), errors and warnings, in streams without an injected fault.',
    basis: 'fact',
    perPhase: true,
    names: ruleIds,
    stands: 'RULE',
    read: ({ records }, _, rule) =>
      records.reduce((sum, record) => sum + (isHarmed(record) ? 0 : (record.findingCounts?.[rule] ?? 0)), 0),
  },
  {
    name: 'findings.NAME.count',
    measure: countMeasure,
    help: 'Findings about the gateway of a class such as `fd_leak` ([findings](reading-the-report.md#findings)).',
    basis: 'fact',
    names: gatewayFindingClasses,
    stands: 'CLASS',
    read: ({ gatewayFindings }, _, name) => gatewayFindings.filter((finding) => finding.class === name).length,
  },
  {
    name: 'streams.rate',
    measure: rateMeasure,
    help: 'Complete streams per second.',
    basis: 'time',
    perPhase: true,
    read: (slice) => perSecond(wholeOf(slice).length, slice.wallS),
  },
  {
    name: 'events.rate',
    measure: rateMeasure,
    help: 'SSE events per second, of all streams.',
    basis: 'time',
    perPhase: true,
    read: ({ records, wallS }) => perSecond(sumOf(records, 'events'), wallS),
  },
  {
    name: 'deltas.rate',
    measure: rateMeasure,
    help: 'Events with generated content per second, of all streams.',
    basis: 'time',
    perPhase: true,
    read: ({ records, wallS }) => perSecond(sumOf(records, 'deltas'), wallS),
  },
  {
    name: 'throughput.rate',
    measure: dataRateMeasure,
    help: 'Body bits of the complete streams per second.',
    basis: 'time',
    perPhase: true,
    read: (slice) => {
      const bytes = wholeOf(slice).reduce((sum, record) => sum + record.bytes, 0)
      return slice.wallS ? (bytes * 8) / slice.wallS : undefined
    },
  },
  {
    name: 'open.peak',
    measure: countMeasure,
    help: 'Most streams open at one instant.',
    basis: 'fact',
    perPhase: true,
    read: ({ records }) => peakConcurrency(records),
  },
  {
    name: 'cpu.time',
    measure: timeMeasure,
    help: 'CPU time of the gateway during the load.',
    basis: 'fact',
    read: ({ summary: { cost } }) => cost?.cpuS && Math.round(cost.cpuS * 1e9),
  },
  {
    name: 'cpu.perEvent',
    measure: timeMeasure,
    help: 'CPU time of the gateway per SSE event that arrived.',
    basis: 'fact',
    read: ({ summary: { cost } }) => cost?.cpuUsPerEvent && Math.round(cost.cpuUsPerEvent * 1e3),
  },
  {
    name: 'cpu.throttled',
    measure: timeMeasure,
    help: "Time for which the gateway's container had reached its CPU limit.",
    basis: 'fact',
    read: ({ summary: { cost } }) => {
      const throttledS = cost?.container?.throttledS
      return throttledS === undefined ? undefined : Math.round(throttledS * 1e9)
    },
  },
  {
    name: 'memory.peak',
    measure: sizeMeasure,
    help: 'Peak of the resident memory of the gateway.',
    basis: 'fact',
    read: ({ summary: { cost } }) => cost?.memoryPeakBytes,
  },
  {
    name: 'memory.after',
    measure: sizeMeasure,
    help: 'Resident memory of the gateway after the load.',
    basis: 'fact',
    read: ({ summary: { cost } }) => cost?.memoryAfterBytes,
  },
  {
    name: 'memory.perStream',
    measure: sizeMeasure,
    help: 'Peak minus memory before the load, per stream of the peak concurrency.',
    basis: 'fact',
    read: ({ summary: { cost } }) => cost?.memoryPerStreamBytes,
  },
  {
    name: 'descriptors.peak',
    measure: countMeasure,
    help: 'Most open descriptors of the gateway.',
    basis: 'fact',
    read: ({ summary: { cost } }) => cost?.descriptorsPeak,
  },
  {
    name: 'descriptors.after',
    measure: countMeasure,
    help: 'Open descriptors of the gateway after the load.',
    basis: 'fact',
    read: ({ summary: { cost } }) => cost?.descriptorsAfter,
  },
  overheadFigure('p50'),
  overheadFigure('p99'),
]
