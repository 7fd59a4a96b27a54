import { countMeasure, sizeMeasure, timeMeasure } from '../../base/quantity.ts'
import type { CostSummary } from '../cost.ts'
import { fewestFor } from '../distribution.ts'
import type { TimeOverhead } from '../overhead.ts'
import type { Figure } from './figure.ts'

const overheadTimes = ['connect', 'headers', 'ttft', 'interChunk', 'transit'] as const

function overheadFigure(percentile: 'p50' | 'p99'): Figure {
  return {
    name: `overhead.NAME.${percentile}`,
    measure: timeMeasure,
    help: `What the gateway added to the ${percentile} of ${overheadTimes.join(', ')}: gateway minus direct.`,
    basis: 'time',
    names: overheadTimes,
    stands: 'TIME',
    read: ({ summary }, _, name) => {
      const time: TimeOverhead | undefined = summary.overhead?.[name as (typeof overheadTimes)[number]]
      if (!time) return {}
      const fewest = fewestFor(Number(percentile.slice(1)))
      return { value: scaled(time[percentile]?.overheadMs, 1e6), n: Math.min(time.nDirect, time.nGateway), fewest }
    },
  }
}

/** A value in quanta; undefined if it was not measured. */
function scaled(value: number | undefined, quanta: number): number | undefined {
  return value === undefined ? undefined : Math.round(value * quanta)
}

/** A number of what the gateway used. */
function costFigure(
  name: string,
  measure: Figure['measure'],
  help: string,
  value: (cost: CostSummary) => number | undefined,
): Figure {
  // On a machine that is too busy, the same work takes more CPU time.
  const basis = measure === timeMeasure ? 'time' : 'fact'
  return { name, measure, help, basis, read: ({ summary: { cost } }) => cost && value(cost) }
}

/** What the gateway cost, added, and left behind. */
export const gatewayFigures: readonly Figure[] = [
  costFigure('cpu.time', timeMeasure, 'CPU time of the gateway during the load.', ({ cpuS }) => scaled(cpuS, 1e9)),
  costFigure('cpu.perEvent', timeMeasure, 'CPU time of the gateway per SSE event that arrived.', ({ cpuUsPerEvent }) =>
    scaled(cpuUsPerEvent, 1e3),
  ),
  costFigure(
    'cpu.throttled',
    timeMeasure,
    "Time for which the gateway's container had reached its CPU limit.",
    ({ container }) => scaled(container?.throttledS, 1e9),
  ),
  costFigure(
    'memory.peak',
    sizeMeasure,
    'Peak of the resident memory of the gateway.',
    ({ memoryPeakBytes }) => memoryPeakBytes,
  ),
  costFigure(
    'memory.after',
    sizeMeasure,
    'Resident memory of the gateway after the load.',
    ({ memoryAfterBytes }) => memoryAfterBytes,
  ),
  costFigure(
    'memory.perStream',
    sizeMeasure,
    'Peak minus memory before the load, per stream of the peak concurrency.',
    ({ memoryPerStreamBytes }) => memoryPerStreamBytes,
  ),
  costFigure(
    'descriptors.peak',
    countMeasure,
    'Most open descriptors of the gateway.',
    ({ descriptorsPeak }) => descriptorsPeak,
  ),
  costFigure(
    'descriptors.after',
    countMeasure,
    'Open descriptors of the gateway after the load.',
    ({ descriptorsAfter }) => descriptorsAfter,
  ),
  {
    name: 'activeStreams.peak',
    measure: countMeasure,
    help: 'Most open streams that the gateway itself reported.',
    basis: 'time',
    read: ({ summary }) => summary.gatewayPeak,
  },
  {
    name: 'drain.time',
    measure: timeMeasure,
    help: 'Time until everything was back at its level before the load, or the limit of the drain.',
    basis: 'time',
    read: ({ run }) => scaled(run.drain?.tookMs, 1e6),
  },
  overheadFigure('p50'),
  overheadFigure('p99'),
]
