import { createRandom, type Random } from '../../base/random.ts'
import type { StreamRecord } from '../../model/record.ts'
import type { Run } from '../../model/run.ts'
import { durationNs, ttftNs } from '../../model/times.ts'
import { type BlockSample, blockSampleOf, draw, minBlocks, type Parts, quantileMs } from '../block-sample.ts'
import { blocksOf } from '../blocks.ts'
import { fewestFor } from '../distribution.ts'
import type { Judgement } from '../judgement.ts'
import { countedRecords, droppedOf } from '../phases.ts'
import { deviation } from '../statistics.ts'
import { endingsOf } from '../thresholds/slice.ts'
import { type ComparedMetric, type ComparedTime, comparedMetrics } from './metrics.ts'

/** A run with what was concluded from it. `folder` names it in messages. */
export interface JudgedRun {
  readonly folder: string
  readonly run: Run
  readonly judgement: Judgement
}

/** The value of a metric in one run, and how well the run knows it. */
export interface Estimate {
  readonly value: number
  /** Its standard error within the run, from blocks of streams; absent: the run has only the value. */
  readonly error?: number
}

/** A metric in one run. */
export interface RunEstimate {
  /** As measured through the gateway. */
  readonly gateway: Estimate
  /** Gateway minus direct; absent: no baseline, or a metric without one. */
  readonly overhead?: Estimate
  /** The same statistic of each baseline window. */
  readonly direct: readonly number[]
}

/** The estimates of a run, by the name of the metric. What was not measured is absent. */
export type RunEstimates = ReadonlyMap<string, RunEstimate>

/** Resamples of each bootstrap. */
const resamples = 400

/** From this time on, a percentile lies among streams that never got that far. */
const neverMs = 3_500_000

/** Every compared metric of a run. */
export function estimatesOf({ run, judgement }: JudgedRun): RunEstimates {
  const random = createRandom(run.scenario.seed)
  const records = countedRecords(run)
  const samples = new Map<ComparedTime, TimeSamples>()
  const estimates = new Map<string, RunEstimate>()
  for (const metric of comparedMetrics) {
    const { time } = metric
    if (time === undefined) {
      const estimate = singleNumber(metric.name, run, records, judgement)
      if (estimate) estimates.set(metric.name, { gateway: estimate, direct: [] })
    } else if (!samples.has(time.name)) {
      samples.set(time.name, samplesOf(run, records, time.name))
      const ofTime = comparedMetrics.filter((candidate) => candidate.time?.name === time.name)
      for (const [name, estimate] of timeEstimates(samples.get(time.name) as TimeSamples, ofTime, random))
        estimates.set(name, estimate)
    }
  }
  return estimates
}

/** A number of which a run has one value. */
function singleNumber(
  name: string,
  run: Run,
  records: readonly StreamRecord[],
  { summary: { cost, throughputMbps }, goodput }: Judgement,
): Estimate | undefined {
  switch (name) {
    case 'failed.rate':
      return percentOf(endings(records))
    case 'dropped.rate': {
      const dropped = droppedOf(run)
      return dropped === undefined ? undefined : percentOf({ part: dropped, total: dropped + records.length })
    }
    case 'goodput.rate':
      return known(goodput?.perS)
    case 'cpu.perEvent':
      return known(cost?.cpuUsPerEvent)
    case 'memory.peak':
      return known(cost?.memoryPeakBytes === undefined ? undefined : cost.memoryPeakBytes / 2 ** 20)
    case 'throughput.rate':
      return known(throughputMbps)
    default:
      throw new Error(`no such metric: ${name}`)
  }
}

function known(value: number | undefined): Estimate | undefined {
  return value === undefined ? undefined : { value }
}

interface Part {
  readonly part: number
  readonly total: number
}

function endings(records: readonly StreamRecord[]): Part {
  const { failed, ended } = endingsOf(records)
  return { part: failed, total: ended }
}

/** A share in percent. Its error is that of Agresti and Caffo (2000), which is right for small numbers too. */
function percentOf({ part, total }: Part): Estimate | undefined {
  if (total === 0) return undefined
  const about = (part + 1) / (total + 2)
  return { value: (100 * part) / total, error: 100 * Math.sqrt((about * (1 - about)) / (total + 2)) }
}

/** One time of a run, in blocks: through the gateway, and in the baseline windows. */
interface TimeSamples {
  readonly gateway: BlockSample
  readonly direct: BlockSample
  readonly windows: readonly BlockSample[]
}

function samplesOf(run: Run, records: readonly StreamRecord[], time: ComparedTime): TimeSamples {
  const windows =
    time === 'duration' ? [] : (run.baseline?.windows ?? []).map(({ blocks }) => directParts(blocks, time))
  const filled = windows.filter((parts) => parts.length > 0)
  return {
    gateway: blockSampleOf([gatewayParts(run, records, time)]),
    direct: blockSampleOf(filled),
    windows: filled.map((parts) => blockSampleOf([parts])),
  }
}

type DirectTime = Exclude<ComparedTime, 'duration'>

function directParts(blocks: readonly Readonly<Partial<Record<DirectTime, Parts[number]>>>[], time: DirectTime): Parts {
  return blocks.flatMap((block) => block[time] ?? [])
}

function gatewayParts(run: Run, records: readonly StreamRecord[], time: ComparedTime): Parts {
  switch (time) {
    case 'ttft':
      return blocksOf(records, orNever(ttftNs))
    case 'duration':
      return blocksOf(
        records,
        orNever((record) => (record.outcome.state === 'whole' ? durationNs(record) : undefined)),
      )
    case 'interChunk':
    case 'transit': {
      const blocks = run.baseline?.gateway.flatMap((block) => block[time] ?? []) ?? []
      return blocks.length > 0 ? blocks : [run[time] ?? []].flat()
    }
  }
}

/** A stream that failed before it got that far took longer than any other. */
function orNever(time: (record: StreamRecord) => number | undefined) {
  return (record: StreamRecord) =>
    time(record) ?? (record.outcome.state === 'failed' ? Number.MAX_SAFE_INTEGER : undefined)
}

/** The estimates of all percentiles of one time, from the same resamples. */
function timeEstimates(
  { gateway, direct, windows }: TimeSamples,
  metrics: readonly ComparedMetric[],
  random: Random,
): readonly (readonly [name: string, estimate: RunEstimate])[] {
  const hasDirect = direct.n > 0
  const known = metrics.filter(({ time }) => gateway.n >= fewestFor(100 * (time?.quantile ?? 0)))
  const quantiles = known.map(({ time }) => time?.quantile ?? 0)
  const [times, directTimes] = [new Float64Array(gateway.blocks), new Float64Array(direct.blocks)]
  const drawn = quantiles.map(() => ({ gateway: new Float64Array(resamples), overhead: new Float64Array(resamples) }))
  for (let resample = 0; resample < resamples && quantiles.length > 0; resample++) {
    draw(gateway, times, random)
    if (hasDirect) draw(direct, directTimes, random)
    quantiles.forEach((quantile, at) => {
      const values = drawn[at]
      const ms = quantileMs(gateway, times, quantile)
      if (!values) return
      values.gateway[resample] = ms
      values.overhead[resample] = ms - (hasDirect ? quantileMs(direct, directTimes, quantile) : 0)
    })
  }
  times.fill(1)
  directTimes.fill(1)
  return known.flatMap(({ name }, at) => {
    const quantile = quantiles[at] as number
    const ms = quantileMs(gateway, times, quantile)
    if (ms >= neverMs) return []
    const values = drawn[at]
    const error = (resampled: Float64Array | undefined, blocks: number) =>
      resampled === undefined || blocks < minBlocks
        ? undefined
        : deviation(resampled) * Math.sqrt(blocks / (blocks - 1))
    const hasOverhead = direct.n >= fewestFor(100 * quantile)
    const overhead = hasOverhead
      ? {
          value: ms - quantileMs(direct, directTimes, quantile),
          error: error(values?.overhead, Math.min(gateway.blocks, direct.blocks)),
        }
      : undefined
    const estimate: RunEstimate = {
      gateway: { value: ms, error: error(values?.gateway, gateway.blocks) },
      overhead,
      direct: windows
        .filter(({ n }) => n >= fewestFor(100 * quantile))
        .map((window) => quantileMs(window, new Float64Array(window.blocks).fill(1), quantile)),
    }
    return [[name, estimate] as const]
  })
}
