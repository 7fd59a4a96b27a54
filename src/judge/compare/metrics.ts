/** The times that are compared. */
export type ComparedTime = 'ttft' | 'interChunk' | 'transit' | 'duration'

/** A number of the report that `compare` compares. */
export interface ComparedMetric {
  /** Its name, as in thresholds and `--allow`. */
  readonly name: string
  readonly label: string
  readonly unit: string
  readonly better: 'lower' | 'higher'
  /** Whether a disturbed machine changes it. */
  readonly dependsOnTiming: boolean
  /** A smaller change does not count, whatever is shown: in the unit, and as a share of the value of BASE. */
  readonly leastChange: number
  readonly leastShare: number
  /** For a share of the streams, in percent: the smallest change that counts with one run each. An allowance is in percentage points. */
  readonly leastSinglePoints?: number
  /** The percentile of a time; absent: a single number. */
  readonly time?: { readonly name: ComparedTime; readonly quantile: number }
}

/** A change of 2 % concerns nobody. */
const leastShare = 0.02

function timeMetric(
  name: ComparedTime,
  label: string,
  percentile: 50 | 90 | 99,
  leastChangeMs: number,
): ComparedMetric {
  return {
    name: `${name}.p${percentile}`,
    label: `${label} p${percentile}`,
    unit: 'ms',
    better: 'lower',
    dependsOnTiming: true,
    leastChange: leastChangeMs,
    leastShare,
    time: { name, quantile: percentile / 100 },
  }
}

/** Every compared metric, in the order of the table. */
export const comparedMetrics: readonly ComparedMetric[] = [
  timeMetric('ttft', 'TTFT', 50, 1),
  timeMetric('ttft', 'TTFT', 90, 1),
  timeMetric('ttft', 'TTFT', 99, 2),
  timeMetric('interChunk', 'Inter-chunk latency', 50, 0.5),
  timeMetric('interChunk', 'Inter-chunk latency', 99, 1),
  timeMetric('transit', 'Transit', 50, 0.2),
  timeMetric('transit', 'Transit', 99, 1),
  timeMetric('duration', 'Duration', 50, 5),
  {
    name: 'failed.rate',
    label: 'Failed streams',
    unit: '%',
    better: 'lower',
    dependsOnTiming: false,
    leastChange: 0.5,
    leastShare: 0,
    leastSinglePoints: 1,
  },
  {
    name: 'dropped.rate',
    label: 'Dropped starts',
    unit: '%',
    better: 'lower',
    dependsOnTiming: true,
    leastChange: 0.5,
    leastShare: 0,
    leastSinglePoints: 5,
  },
  {
    name: 'cpu.perEvent',
    label: 'Gateway CPU per event',
    unit: 'us',
    better: 'lower',
    dependsOnTiming: true,
    leastChange: 2,
    leastShare,
  },
  {
    name: 'memory.peak',
    label: 'Gateway memory peak',
    unit: 'MiB',
    better: 'lower',
    dependsOnTiming: false,
    leastChange: 4,
    leastShare,
  },
  {
    name: 'throughput.rate',
    label: 'Throughput',
    unit: 'Mbit/s',
    better: 'higher',
    dependsOnTiming: true,
    leastChange: 0.01,
    leastShare,
  },
  {
    name: 'goodput.rate',
    label: 'Goodput',
    unit: 'streams/s',
    better: 'higher',
    dependsOnTiming: true,
    leastChange: 0.01,
    leastShare,
  },
]

/** The names of all compared metrics. */
export const comparedNames: readonly string[] = comparedMetrics.map(({ name }) => name)
