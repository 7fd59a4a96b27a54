import { Histogram } from '../model/histogram.ts'
import { isHarmed, type StreamRecord } from '../model/record.ts'
import type { Run } from '../model/run.ts'
import type { GatewayFinding } from './gateway-finding.ts'

/** Streams, or deltas, below which a shape says nothing. */
const leastStreams = 100
const leastDeltas = 1000

/** Streams that nobody did anything wrong to, and that came whole. */
function clean({ records }: Run): readonly StreamRecord[] {
  return records.filter(
    (record) => record.outcome.state === 'whole' && !isHarmed(record) && record.clientFault === undefined,
  )
}

/** Whether the gateway joins deltas: whole streams that came in fewer events with content than the mock sent. */
export function coalescedOf(run: Run): readonly GatewayFinding[] {
  const { chunks } = run.scenario
  if (chunks === undefined || run.scenario.content !== 'plain') return []
  const streams = clean(run)
  const joined = streams.filter(({ deltas }) => deltas < chunks)
  if (joined.length === 0) return []
  const fewest = joined.reduce((least, { deltas }) => Math.min(least, deltas), chunks)
  const got = `${joined.length} of ${streams.length} streams with fewer, ${fewest} at least`
  return [{ class: 'coalesced', metric: 'deltas of a stream', expected: `${chunks}`, got }]
}

/**
 * Whether time to first token has two modes: the threshold that parts it best (Otsu, 1979) leaves two groups of a tenth of the
 * streams or more, further apart than four times what each of them spreads, and than 20 ms.
 */
export function bimodalOf(run: Run): readonly GatewayFinding[] {
  const times = clean(run)
    .flatMap(({ requestSentNs, firstDeltaNs }) =>
      // From the request on, as a burst of our own starts and connects has shapes of its own.
      requestSentNs === undefined || firstDeltaNs === undefined ? [] : [(firstDeltaNs - requestSentNs) / 1e6],
    )
    .sort((a, b) => a - b)
  if (times.length < leastStreams) return []
  const least = Math.ceil(times.length / 10)
  let best: { readonly low: Group; readonly high: Group; readonly between: number } | undefined
  const total = sumsOf(times)
  for (let at = least; at <= times.length - least; at++) {
    const low = groupOf(total, 0, at)
    const high = groupOf(total, at, times.length)
    const between = at * (times.length - at) * (high.mean - low.mean) ** 2
    if (!best || between > best.between) best = { low, high, between }
  }
  if (!best) return []
  const { low, high } = best
  const apart = high.mean - low.mean
  if (apart < 20 || apart < 4 * (low.spread + high.spread)) return []
  const got = `${low.n} streams near ${low.mean.toFixed(0)} ms, ${high.n} near ${high.mean.toFixed(0)} ms`
  return [{ class: 'bimodal', metric: 'TTFT', expected: 'one mode', got }]
}

/** Whether deltas wait for an acknowledgement that the other end delays by 40 ms (RFC 896 with RFC 1122, section 4.2.3.2). */
export function nagleOf({ transit }: Run): readonly GatewayFinding[] {
  if (transit === undefined || transit.n < leastDeltas) return []
  const histogram = Histogram.from(transit)
  const near = histogram.share(36_000, 46_000)
  const beside = histogram.share(20_000, 30_000) + histogram.share(52_000, 62_000)
  if (near < 0.05 || near < 3 * beside) return []
  const got = `${(near * 100).toFixed(0)} % of the deltas near 40 ms`
  return [{ class: 'nagle', metric: 'transit', expected: 'no mode at the delay of an acknowledgement', got }]
}

/** Whether a client that does not read holds up streams of others. */
export function headOfLineOf(run: Run): readonly GatewayFinding[] {
  const { records, scenario } = run
  const isSlow = records.some(({ clientFault }) => clientFault !== undefined && !clientFault.startsWith('abort'))
  if (!isSlow) return []
  const others = clean(run)
  const mostMs = 10 * (scenario.delayMs ?? 0) + 1000
  const held = others.filter(({ largestGapNs = 0 }) => largestGapNs / 1e6 > mostMs)
  if (held.length * 100 < others.length || held.length === 0) return []
  const got = `${held.length} of ${others.length} with one of more than ${mostMs} ms`
  return [
    { class: 'hol_blocking', metric: 'gaps of streams beside slow readers', expected: `at most ${mostMs} ms`, got },
  ]
}

interface Group {
  readonly n: number
  readonly mean: number
  /** Standard deviation. */
  readonly spread: number
}

/** Sums of the first so many values, and of their squares. */
function sumsOf(values: readonly number[]): readonly (readonly [sum: number, squares: number])[] {
  const sums: [number, number][] = [[0, 0]]
  for (const value of values) {
    const [sum, squares] = sums.at(-1) as [number, number]
    sums.push([sum + value, squares + value * value])
  }
  return sums
}

function groupOf(sums: ReturnType<typeof sumsOf>, from: number, to: number): Group {
  const [sumTo = 0, squaresTo = 0] = sums[to] ?? []
  const [sumFrom = 0, squaresFrom = 0] = sums[from] ?? []
  const n = to - from
  const mean = (sumTo - sumFrom) / n
  return { n, mean, spread: Math.sqrt(Math.max(0, (squaresTo - squaresFrom) / n - mean * mean)) }
}
