import { Histogram } from '../model/histogram.ts'
import { phasesOf } from '../model/phase.ts'
import { isHarmed, type StreamRecord } from '../model/record.ts'
import type { Run } from '../model/run.ts'
import { paceOf, settingsOf } from '../plan/mix.ts'
import type { GatewayFinding } from './gateway-finding.ts'
import { gatewayGapNs, type Standstill, standstillOf } from './pauses.ts'

/** Minimum numbers of streams and of deltas for a conclusion about a distribution. */
const minStreams = 100
const minDeltas = 1000

/** Complete streams without an injected fault. */
function clean({ records }: Run): readonly StreamRecord[] {
  return records.filter(isClean)
}

/** Whether a stream arrived complete, without a fault of the mock or the client. */
export function isClean(record: StreamRecord): boolean {
  return record.outcome.state === 'whole' && !isHarmed(record) && record.clientFault === undefined
}

/** Whether the gateway joins deltas: complete streams that arrived in fewer events with content than the mock sent. */
export function coalescedOf(run: Run): readonly GatewayFinding[] {
  // Other answers have events without a text of the plan.
  const streams = clean(run).flatMap(({ stream, deltas }) => {
    const { content, chunks } = settingsOf(run.scenario, stream)
    return content !== 'plain' || chunks === undefined ? [] : [{ deltas, chunks }]
  })
  const joined = streams.filter(({ deltas, chunks }) => deltas < chunks)
  const [first] = joined
  if (!first) return []
  const fewest = joined.reduce((least, stream) => (stream.deltas < least.deltas ? stream : least), first)
  const got = `fewer in ${joined.length} of ${streams.length} streams, minimum ${fewest.deltas}`
  return [{ class: 'coalesced', metric: 'deltas of a stream', expected: `${fewest.chunks}`, got }]
}

/**
 * Whether time to first token has two modes: the best threshold (Otsu, 1979) leaves two groups, each with at least a tenth of the
 * streams, whose means differ by at least 20 ms and by at least four times the sum of their standard deviations. Streams that waited
 * while the harness was paused do not count.
 */
export function bimodalOf(run: Run): readonly GatewayFinding[] {
  // With another number of open streams a time may be another: each phase has its own mode, and a ramp has many.
  // So has each kind of a mix, whose prompts may have another size.
  const { scenario } = run
  const standstill = standstillOf(run)
  for (const [index, { shape, excluded }] of phasesOf(scenario).entries()) {
    if (excluded || shape.startsWith('ramping')) continue
    const ofPhase = clean(run).filter(({ phase = 0 }) => phase === index)
    for (const [kind, records] of Map.groupBy(ofPhase, ({ stream }) => settingsOf(scenario, stream).kind)) {
      const finding = bimodalIn(records, standstill)
      const name = kind === undefined ? '' : ` of ${scenario.mix?.[kind]?.name}`
      if (finding) return [{ ...finding, metric: `${finding.metric}${name}` }]
    }
  }
  return []
}

function bimodalIn(records: readonly StreamRecord[], standstill: Standstill): GatewayFinding | undefined {
  const times = records
    .flatMap(({ requestSentNs, firstDeltaNs }) =>
      // Measured from the request, because a burst of starts and connects can cause modes that are not the gateway's.
      requestSentNs === undefined || firstDeltaNs === undefined || standstill.overlapNs(requestSentNs, firstDeltaNs) > 0
        ? []
        : [(firstDeltaNs - requestSentNs) / 1e6],
    )
    .sort((a, b) => a - b)
  if (times.length < minStreams) return undefined
  const least = Math.ceil(times.length / 10)
  let best: { readonly low: Group; readonly high: Group; readonly between: number } | undefined
  const total = sumsOf(times)
  for (let at = least; at <= times.length - least; at++) {
    const low = groupOf(total, 0, at)
    const high = groupOf(total, at, times.length)
    const between = at * (times.length - at) * (high.mean - low.mean) ** 2
    if (!best || between > best.between) best = { low, high, between }
  }
  if (!best) return undefined
  const { low, high } = best
  const apart = high.mean - low.mean
  if (apart < 20 || apart < 4 * (low.spread + high.spread)) return undefined
  const got = `${low.n} streams near ${low.mean.toFixed(0)} ms, ${high.n} near ${high.mean.toFixed(0)} ms`
  return { class: 'bimodal', metric: 'TTFT', expected: 'one mode', got }
}

/** Whether deltas wait for an acknowledgement that the peer delays by 40 ms (RFC 896 with RFC 1122, section 4.2.3.2). */
export function nagleOf(run: Run): readonly GatewayFinding[] {
  const { transit } = run
  if (transit === undefined || transit.n < minDeltas) return []
  const histogram = Histogram.from(transit)
  const near = histogram.share(36_000, 46_000)
  const around = histogram.share(20_000, 30_000) + histogram.share(52_000, 62_000)
  // The deltas that waited for the harness may be anywhere in the histogram.
  if (near < 0.05 + standstillOf(run).share || near < 3 * around) return []
  const got = `${(near * 100).toFixed(0)} % of the deltas near 40 ms`
  return [{ class: 'nagle', metric: 'transit', expected: 'no peak at the delay of an acknowledgement (40 ms)', got }]
}

/** Whether a client that does not read blocks other streams. */
export function headOfLineOf(run: Run): readonly GatewayFinding[] {
  const { records, scenario } = run
  const isSlow = records.some(({ clientFault }) => clientFault !== undefined && !clientFault.startsWith('abort'))
  if (!isSlow) return []
  const others = clean(run)
  const maxGapMs = 10 * (paceOf(scenario).longestDelayMs ?? 0) + 1000
  const standstill = standstillOf(run)
  const held = others.filter((record) => gatewayGapNs(record, standstill) / 1e6 > maxGapMs)
  if (held.length * 100 < others.length || held.length === 0) return []
  const got = `more in ${held.length} of ${others.length} streams`
  return [
    {
      class: 'hol_blocking',
      metric: 'largest gap of a stream next to slow readers',
      expected: `at most ${maxGapMs} ms`,
      got,
    },
  ]
}

interface Group {
  readonly n: number
  readonly mean: number
  /** Standard deviation. */
  readonly spread: number
}

/** At index i the sum of the first i values, and of their squares. */
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
