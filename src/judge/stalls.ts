import type { StreamRecord } from '../model/record.ts'
import type { Run } from '../model/run.ts'
import { connectNs } from '../model/times.ts'
import { paceOf, settingsOf } from '../plan/mix.ts'
import type { GatewayFinding } from './gateway-finding.ts'
import { gatewayGapNs, standstillOf } from './pauses.ts'
import { isClean } from './shapes.ts'

/** Minimum number of streams, and of stalled streams, for a finding. */
const minStreams = 20

/** Connect times, in ms, after a retransmission of the first SYN (RFC 6298, section 2: after 1 s). */
const retransmit = { fromMs: 950, toMs: 1300 } as const

/**
 * Whether connects wait for a retransmission of their SYN: the listener's accept queue was full. Connects during which the harness
 * was paused do not count.
 */
export function backlogOf(run: Run): readonly GatewayFinding[] {
  const { records, gateway } = run
  const standstill = standstillOf(run)
  const times = records.flatMap((record) => {
    const ns = connectNs(record)
    return ns === undefined || standstill.overlapNs(record.startedNs, record.startedNs + ns) > 0 ? [] : [ns / 1e6]
  })
  const between = (fromMs: number, toMs: number) => times.filter((ms) => ms >= fromMs && ms < toMs).length
  const near = between(retransmit.fromMs, retransmit.toMs)
  // A slow machine also has connects of 0.6 s and 1.6 s.
  const around = between(600, retransmit.fromMs) + between(retransmit.toMs, 1650)
  if (near < 3 || near * 100 < times.length || near < 3 * around) return []
  const got = `${near} of ${times.length} near 1 s`
  return [
    {
      class: 'accept_backlog',
      metric: `connects to ${gateway.name}`,
      expected: 'none near 1 s (SYN retransmission)',
      got,
    },
  ]
}

/** Gaps up to this length, in ms, are not stalls of a stream with this delay. */
function minGapMs(delayMs: number): number {
  return Math.max(3 * delayMs, delayMs + 100)
}

/**
 * Whether streams stall together: at one instant, at least half of the open streams were in their largest gap. Gaps shorter than
 * three delays, or than one delay plus 100 ms, do not count, and neither does the time in which the harness was paused.
 */
export function stalledOf(run: Run): readonly GatewayFinding[] {
  const { records, scenario, toxics } = run
  const { longestDelayMs } = paceOf(scenario)
  if (toxics !== undefined || longestDelayMs === undefined) return []
  const minGapNs = ({ stream }: StreamRecord) => minGapMs(settingsOf(scenario, stream).delayMs ?? 0) * 1e6
  const streams = records.filter((record) => isClean(record) && record.firstDeltaNs !== undefined)
  if (streams.length < minStreams) return []
  const standstill = standstillOf(run)
  const edges = streams
    .flatMap((record) => {
      const { largestGapNs = 0, largestGapEndNs } = record
      return largestGapEndNs === undefined || gatewayGapNs(record, standstill) < minGapNs(record)
        ? []
        : [
            { atNs: largestGapEndNs - largestGapNs, by: 1 },
            { atNs: largestGapEndNs, by: -1 },
          ]
    })
    .sort((a, b) => a.atNs - b.atNs || a.by - b.by)
  let [stalled, most, whenNs] = [0, 0, 0]
  for (const { atNs, by } of edges) {
    stalled += by
    if (stalled > most) [most, whenNs] = [stalled, atNs]
  }
  const open = streams.filter(
    ({ firstDeltaNs = 0, lastDeltaNs = 0 }) => firstDeltaNs <= whenNs && lastDeltaNs > whenNs,
  ).length
  if (most < minStreams || most * 2 < open) return []
  const firstNs = streams.reduce((first, { startedNs }) => Math.min(first, startedNs), Number.POSITIVE_INFINITY)
  const afterMs = Math.round((whenNs - firstNs) / 1e6)
  const got = `${most} of ${open} open streams at once, ${afterMs} ms after the start, for more than ${Math.round(minGapMs(longestDelayMs))} ms`
  return [{ class: 'stalled_together', metric: 'simultaneously stalled streams', expected: 'less than half', got }]
}
