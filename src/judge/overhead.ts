import { createRandom, type Random } from '../base/random.ts'
import type { DirectBlock } from '../model/baseline.ts'
import type { StreamRecord } from '../model/record.ts'
import type { Run } from '../model/run.ts'
import { connectNs, headersNs, ttftFromStartNs } from '../model/times.ts'
import { blockSampleOf, draw, minBlocks, type Parts, quantileMs } from './block-sample.ts'
import { blocksOf } from './blocks.ts'
import { minForP99 } from './distribution.ts'
import { countedRecords } from './phases.ts'

/** A statistic of the same load direct to the mock and through the gateway, in ms. */
export interface Overhead {
  readonly directMs: number
  readonly gatewayMs: number
  /** Gateway minus direct: what the gateway and its connections add. */
  readonly overheadMs: number
  /** 95 % confidence interval of the difference; undefined if fewer than 5 blocks of either side have a value. */
  readonly lowMs?: number
  readonly highMs?: number
}

/** The overhead on one time: medians, and p99 if both sides have at least 100 values. */
export interface TimeOverhead {
  readonly nDirect: number
  readonly nGateway: number
  readonly p50: Overhead
  readonly p99?: Overhead
}

/** What the gateway added to each time; undefined if one side has no values. */
export interface OverheadSummary {
  /** Number of baseline windows, and whether all of their streams were complete. */
  readonly windows: number
  readonly isWhole: boolean
  readonly connect?: TimeOverhead
  readonly headers?: TimeOverhead
  readonly ttft?: TimeOverhead
  readonly interChunk?: TimeOverhead
  readonly transit?: TimeOverhead
}

/** Resamples of each bootstrap. */
const resamples = 1000

/**
 * What the gateway added: the difference of each statistic, with a percentile bootstrap (Efron, 1979). It resamples windows, and
 * blocks of streams within each window, because the deltas of one stream are not independent, nor are concurrent streams.
 */
export function overheadOf(run: Run): OverheadSummary | undefined {
  const { baseline, scenario } = run
  if (!baseline) return undefined
  const records = countedRecords(run)
  const direct = baseline.windows.map(({ blocks }) => blocks)
  const random = createRandom(scenario.seed)
  const both = (directParts: readonly Parts[], gatewayParts: Parts) => timeOverhead(directParts, [gatewayParts], random)
  const inWindows = (name: keyof DirectBlock) => direct.map((blocks) => partsOf(blocks, name))
  const time = (name: 'connect' | 'headers' | 'ttft', measure: (record: StreamRecord) => number | undefined) =>
    both(inWindows(name), blocksOf(records, measure))
  const delta = (name: 'interChunk' | 'transit') => both(inWindows(name), partsOf(baseline.gateway, name))
  const times = {
    connect: time('connect', connectNs),
    headers: time('headers', headersNs),
    ttft: time('ttft', ttftFromStartNs),
    interChunk: delta('interChunk'),
    transit: delta('transit'),
  }
  return {
    windows: baseline.windows.length,
    isWhole: baseline.windows.every(({ streams, whole }) => streams === whole),
    ...times,
  }
}

function partsOf(blocks: readonly Partial<DirectBlock>[], name: keyof DirectBlock): Parts {
  return blocks.flatMap((block) => block[name] ?? [])
}

function timeOverhead(direct: readonly Parts[], gateway: readonly Parts[], random: Random): TimeOverhead | undefined {
  const [ofDirect, ofGateway] = [blockSampleOf(direct), blockSampleOf(gateway)]
  if (ofDirect.n === 0 || ofGateway.n === 0) return undefined
  const hasP99 = Math.min(ofDirect.n, ofGateway.n) >= minForP99
  const quantiles = hasP99 ? [0.5, 0.99] : [0.5]
  const hasInterval = Math.min(ofDirect.blocks, ofGateway.blocks) >= minBlocks
  const differences = quantiles.map(() => new Float64Array(hasInterval ? resamples : 0))
  const [directTimes, gatewayTimes] = [new Float64Array(ofDirect.blocks), new Float64Array(ofGateway.blocks)]
  for (let resample = 0; hasInterval && resample < resamples; resample++) {
    draw(ofDirect, directTimes, random)
    draw(ofGateway, gatewayTimes, random)
    quantiles.forEach((q, at) => {
      const ms = quantileMs(ofGateway, gatewayTimes, q) - quantileMs(ofDirect, directTimes, q)
      ;(differences[at] as Float64Array)[resample] = ms
    })
  }
  const [allDirect, allGateway] = [directTimes.fill(1), gatewayTimes.fill(1)]
  const [p50, p99] = quantiles.map((q, at): Overhead => {
    const [directMs, gatewayMs] = [quantileMs(ofDirect, allDirect, q), quantileMs(ofGateway, allGateway, q)]
    const sorted = (differences[at] as Float64Array).sort()
    return {
      directMs,
      gatewayMs,
      overheadMs: gatewayMs - directMs,
      lowMs: sorted[Math.floor(0.025 * (resamples - 1))],
      highMs: sorted[Math.ceil(0.975 * (resamples - 1))],
    }
  })
  return { nDirect: ofDirect.n, nGateway: ofGateway.n, p50: p50 as Overhead, p99 }
}
