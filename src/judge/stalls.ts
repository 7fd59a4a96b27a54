import type { Run } from '../model/run.ts'
import { connectNs } from '../model/times.ts'
import type { GatewayFinding } from './gateway-finding.ts'
import { isClean } from './shapes.ts'

/** Minimum number of streams, and of stalled streams, for a finding. */
const minStreams = 20

/** Connect times, in ms, after a retransmission of the first SYN (RFC 6298, section 2: after 1 s). */
const retransmit = { fromMs: 950, toMs: 1300 } as const

/** Whether connects wait for a retransmission of their SYN: the listener's accept queue was full. */
export function backlogOf({ records, gateway }: Run): readonly GatewayFinding[] {
  const times = records.flatMap((record) => connectNs(record) ?? []).map((ns) => ns / 1e6)
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

/**
 * Whether streams stall together: at one instant, at least half of the open streams were in their largest gap. Gaps shorter than
 * three delays, or than one delay plus 100 ms, do not count.
 */
export function stalledOf({ records, scenario, toxics }: Run): readonly GatewayFinding[] {
  const { delayMs } = scenario
  if (toxics !== undefined || delayMs === undefined) return []
  const minGapNs = Math.max(3 * delayMs, delayMs + 100) * 1e6
  const streams = records.filter((record) => isClean(record) && record.firstDeltaNs !== undefined)
  if (streams.length < minStreams) return []
  const edges = streams
    .flatMap(({ largestGapNs = 0, largestGapEndNs }) =>
      largestGapEndNs === undefined || largestGapNs < minGapNs
        ? []
        : [
            { atNs: largestGapEndNs - largestGapNs, by: 1 },
            { atNs: largestGapEndNs, by: -1 },
          ],
    )
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
  const afterMs = Math.round((whenNs - Math.min(...streams.map(({ startedNs }) => startedNs))) / 1e6)
  const got = `${most} of ${open} open streams at once, ${afterMs} ms after the start, for more than ${Math.round(minGapNs / 1e6)} ms`
  return [{ class: 'stalled_together', metric: 'simultaneously stalled streams', expected: 'less than half', got }]
}
