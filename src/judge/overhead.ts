import { known } from '../base/known.ts'
import { createRandom, type Random } from '../base/random.ts'
import { Histogram, type HistogramSnapshot } from '../model/histogram.ts'
import type { StreamRecord } from '../model/record.ts'
import type { DirectBlock, Run } from '../model/run.ts'
import { blocksOf } from './blocks.ts'
import { leastForP99 } from './distribution.ts'
import { connectNs, headersNs, ttftNs } from './times.ts'

/** A statistic of the same load straight to the mock and through the gateway, in ms. */
export interface Overhead {
  readonly directMs: number
  readonly gatewayMs: number
  /** Gateway less direct: what the gateway and its wires cost. */
  readonly overheadMs: number
  /** Where that difference lies with 95 % confidence; absent where fewer than 5 blocks of either side have a value. */
  readonly lowMs?: number
  readonly highMs?: number
}

/** The overhead on one time: medians, and p99 where both sides have at least 100 values. */
export interface TimeOverhead {
  readonly nDirect: number
  readonly nGateway: number
  readonly p50: Overhead
  readonly p99?: Overhead
}

/** What the gateway added to each time; a time is absent where one side has none. */
export interface OverheadSummary {
  /** Windows straight to the mock, and whether each of their streams was whole. */
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

/** Blocks below which drawing them anew says nothing of what they vary by. */
const leastBlocks = 5

/**
 * What the gateway added: the difference of each statistic, and a percentile bootstrap of it (Efron, 1979) that draws windows anew, and
 * in each of them whole blocks of streams: neither the deltas of one stream nor the streams of one time are independent of each other.
 */
export function overheadOf({ records, baseline, scenario }: Run): OverheadSummary | undefined {
  if (!baseline) return undefined
  const direct = baseline.windows.map(({ blocks }) => blocks)
  const random = createRandom(scenario.seed)
  const both = (directParts: readonly Parts[], gatewayParts: Parts) => timeOverhead(directParts, [gatewayParts], random)
  const ofWindows = (name: keyof DirectBlock) => direct.map((blocks) => partsOf(blocks, name))
  const time = (name: 'connect' | 'headers' | 'ttft', of: (record: StreamRecord) => number | undefined) =>
    both(ofWindows(name), blocksOf(records, of))
  const delta = (name: 'interChunk' | 'transit') => both(ofWindows(name), partsOf(baseline.gateway, name))
  const found = {
    connect: time('connect', connectNs),
    headers: time('headers', headersNs),
    ttft: time('ttft', ttftNs),
    interChunk: delta('interChunk'),
    transit: delta('transit'),
  }
  return {
    windows: baseline.windows.length,
    isWhole: baseline.windows.every(({ streams, whole }) => streams === whole),
    ...known(found),
  }
}

type Parts = readonly HistogramSnapshot[]

function partsOf(blocks: readonly Partial<DirectBlock>[], name: keyof DirectBlock): Parts {
  return blocks.flatMap((block) => block[name] ?? [])
}

function timeOverhead(direct: readonly Parts[], gateway: readonly Parts[], random: Random): TimeOverhead | undefined {
  const [ofDirect, ofGateway] = [sampleOf(direct), sampleOf(gateway)]
  if (ofDirect.n === 0 || ofGateway.n === 0) return undefined
  const isTold = Math.min(ofDirect.counts.length, ofGateway.counts.length) >= leastBlocks
  const draws = Array.from(
    { length: isTold ? resamples : 0 },
    () => [drawn(ofDirect, random), drawn(ofGateway, random)] as const,
  )
  const at = (q: number): Overhead => {
    const differences = Float64Array.from(
      draws,
      ([a, b]) => quantileMs(ofGateway, b, q) - quantileMs(ofDirect, a, q),
    ).sort()
    const [directMs, gatewayMs] = [quantileMs(ofDirect, ones(ofDirect), q), quantileMs(ofGateway, ones(ofGateway), q)]
    return {
      directMs,
      gatewayMs,
      overheadMs: gatewayMs - directMs,
      ...known({
        lowMs: differences[Math.floor(0.025 * (resamples - 1))],
        highMs: differences[Math.ceil(0.975 * (resamples - 1))],
      }),
    }
  }
  const hasP99 = Math.min(ofDirect.n, ofGateway.n) >= leastForP99
  return { nDirect: ofDirect.n, nGateway: ofGateway.n, p50: at(0.5), ...(hasP99 && { p99: at(0.99) }) }
}

/** The values that any block has, in us and upwards, and how often each block has each of them; which blocks each window has. */
interface Sample {
  readonly n: number
  readonly us: Float64Array
  readonly counts: readonly Float64Array[]
  readonly windows: readonly (readonly number[])[]
}

function sampleOf(groups: readonly Parts[]): Sample {
  const filled = groups.map((parts) => parts.filter(({ n }) => n > 0).map((part) => Histogram.from(part)))
  const histograms = filled.flat()
  const us = Float64Array.from(
    new Set(histograms.flatMap((histogram) => [...histogram.values()].map(([at]) => at))),
  ).sort()
  const indexOf = new Map(Array.from(us, (at, index) => [at, index] as const))
  const counts = histograms.map((histogram) => {
    const of = new Float64Array(us.length)
    for (const [at, count] of histogram.values()) of[indexOf.get(at) as number] = count
    return of
  })
  let first = 0
  const windows = filled.map((parts) => parts.map(() => first++)).filter((blocks) => blocks.length > 0)
  return { n: histograms.reduce((sum, { n }) => sum + n, 0), us, counts, windows }
}

/** How often each block is drawn, with replacement, from windows that are. */
function drawn({ counts, windows }: Sample, random: Random): readonly number[] {
  const times = new Array<number>(counts.length).fill(0)
  for (let draw = 0; draw < windows.length; draw++) {
    const window = windows[random() % windows.length] as readonly number[]
    for (let of = 0; of < window.length; of++) {
      const block = window[random() % window.length] as number
      times[block] = (times[block] as number) + 1
    }
  }
  return times
}

function ones({ counts }: Sample): readonly number[] {
  return counts.map(() => 1)
}

function quantileMs({ us, counts }: Sample, times: readonly number[], q: number): number {
  const joined = new Float64Array(us.length)
  let n = 0
  counts.forEach((of, block) => {
    const factor = times[block] as number
    if (factor === 0) return
    for (let index = 0; index < of.length; index++) {
      const count = factor * (of[index] as number)
      joined[index] = (joined[index] as number) + count
      n += count
    }
  })
  const rank = Math.max(1, Math.ceil(q * n))
  let seen = 0
  for (let index = 0; index < joined.length; index++) {
    seen += joined[index] as number
    if (seen >= rank) return (us[index] as number) / 1000
  }
  return (us.at(-1) as number) / 1000
}
