import { countMeasure, dataRateMeasure, rateMeasure, shareMeasure, timeMeasure } from '../../base/quantity.ts'
import { ruleIds } from '../../grammar/rules.ts'
import { type FailureKind, failureKinds } from '../../model/failure.ts'
import { isHarmed, type StreamRecord } from '../../model/record.ts'
import { gatewayFindingClasses, weightOf } from '../gateway-finding.ts'
import { peakConcurrency } from '../peak.ts'
import type { Figure } from './figure.ts'
import { type Endings, endingsOf, type Slice } from './slice.ts'

/** Streams that ended in one way. `name` is what `NAME` stands for. */
type Count = (endings: Endings, name: string) => number

const truncatedKinds = ['truncated_fin', 'truncated_clean_eof', 'masked_truncation'] as const

const failedStreams: Count = ({ failed }) => failed
const truncatedStreams: Count = ({ kinds }) => truncatedKinds.reduce((sum, kind) => sum + (kinds.get(kind) ?? 0), 0)
const streamsOfKind: Count = ({ kinds }, name) => kinds.get(name as FailureKind) ?? 0

/** How many streams ended in one way, and their share. */
function endingFigures(name: string, help: string, count: Count, members: Partial<Figure> = {}): readonly Figure[] {
  const shared = { basis: 'ending', perPhase: true, ...members } as const
  return [
    {
      ...shared,
      name: `${name}.count`,
      measure: countMeasure,
      help,
      read: ({ records }, isExact, named) => {
        const endings = endingsOf(records, isExact)
        return endings.ended === 0 ? undefined : count(endings, named)
      },
    },
    {
      ...shared,
      name: `${name}.rate`,
      measure: shareMeasure,
      help: 'Their share of the streams that ended by themselves, without those with an injected fault.',
      read: ({ records }, isExact, named) => {
        const endings = endingsOf(records, isExact)
        return shareOf(count(endings, named), endings.ended)
      },
    },
  ]
}

/** `part` of `total` in millionths, without the noise of a fraction; undefined of nothing. */
function shareOf(part: number, total: number): number | undefined {
  return total === 0 ? undefined : (part * 1e6) / total
}

/** Something that is counted per second of wall time. */
function rateFigure(name: string, help: string, count: (slice: Slice) => number): Figure {
  const read = (slice: Slice) => (slice.wallS ? (count(slice) * 1e6) / slice.wallS : undefined)
  return { name, measure: rateMeasure, help, basis: 'time', perPhase: true, read }
}

function sumOf(records: readonly StreamRecord[], member: 'events' | 'deltas' | 'bytes'): number {
  return records.reduce((sum, record) => sum + record[member], 0)
}

/** The streams that arrived complete. */
function wholeOf({ records }: Slice): readonly StreamRecord[] {
  return records.filter(({ outcome }) => outcome.state === 'whole')
}

/** Numbers of the streams, and what they show of the gateway. */
export const streamFigures: readonly Figure[] = [
  ...endingFigures('failed', 'Failed streams, without those with an injected fault.', failedStreams, { isLive: true }),
  ...endingFigures(
    'truncated',
    'Streams that ended without their terminal event, or without all of their text.',
    truncatedStreams,
  ),
  ...endingFigures(
    'errors.NAME',
    'Streams that failed in this way, such as `http_5xx` ([kinds](streams.md)).',
    streamsOfKind,
    { names: failureKinds, stands: 'KIND' },
  ),
  {
    name: 'complete.count',
    measure: countMeasure,
    help: 'Complete streams.',
    basis: 'ending',
    perPhase: true,
    read: (slice) => wholeOf(slice).length,
  },
  {
    name: 'aborted.count',
    measure: countMeasure,
    help: 'Streams that a client fault, an interrupt or the early end of the load aborted.',
    basis: 'fact',
    perPhase: true,
    read: ({ records }) => records.filter(({ outcome }) => outcome.state === 'aborted').length,
  },
  {
    name: 'notStarted.count',
    measure: countMeasure,
    help: 'Streams that did not start because of an interrupt or the early end of the load.',
    basis: 'fact',
    read: ({ summary }) => summary.notStarted,
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
  rateFigure('goodput.rate', 'The same streams per second.', ({ goodput }) => goodput.count),
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
    read: ({ records, phase, summary }, _, rule) => {
      // Wrong content counts in excluded phases, too.
      if (phase === undefined) return summary.rules.find((counted) => counted.rule === rule)?.count ?? 0
      return records.reduce((sum, record) => sum + (isHarmed(record) ? 0 : (record.findingCounts?.[rule] ?? 0)), 0)
    },
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
  rateFigure('streams.rate', 'Complete streams per second.', (slice) => wholeOf(slice).length),
  rateFigure('events.rate', 'SSE events per second, of all streams.', ({ records }) => sumOf(records, 'events')),
  rateFigure('deltas.rate', 'Events with generated content per second, of all streams.', ({ records }) =>
    sumOf(records, 'deltas'),
  ),
  {
    name: 'throughput.rate',
    measure: dataRateMeasure,
    help: 'Body bits of the complete streams per second.',
    basis: 'time',
    perPhase: true,
    read: (slice) => (slice.wallS ? (sumOf(wholeOf(slice), 'bytes') * 8) / slice.wallS : undefined),
  },
  {
    name: 'wall.time',
    measure: timeMeasure,
    help: 'From the first start to the last end.',
    basis: 'time',
    perPhase: true,
    read: ({ wallS }) => (wallS === undefined ? undefined : Math.round(wallS * 1e9)),
  },
  {
    name: 'open.peak',
    measure: countMeasure,
    help: 'Most streams open at one instant.',
    basis: 'time',
    perPhase: true,
    read: ({ records }) => peakConcurrency(records),
  },
]
