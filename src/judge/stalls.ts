import { isHarmed, type StreamRecord } from '../model/record.ts'
import type { Run } from '../model/run.ts'
import { connectNs } from '../model/times.ts'
import type { GatewayFinding } from './gateway-finding.ts'

/** Streams below which a shape says nothing. */
const leastStreams = 20

/** When a first SYN that nobody took is sent again, in ms (RFC 6298, section 2: 1 s), and how far from it a connect still lies there. */
const retransmit = { fromMs: 950, toMs: 1300 } as const

/** Whether connects wait for their SYN to be sent again: the listener's accept queue was full when the first came. */
export function backlogOf({ records, gateway }: Run): readonly GatewayFinding[] {
  const times = records.flatMap((record) => connectNs(record) ?? []).map((ns) => ns / 1e6)
  const between = (fromMs: number, toMs: number) => times.filter((ms) => ms >= fromMs && ms < toMs).length
  const near = between(retransmit.fromMs, retransmit.toMs)
  // A machine that is merely slow connects at 0.6 s and at 1.6 s as well.
  const beside = between(600, retransmit.fromMs) + between(retransmit.toMs, 1650)
  if (near < 3 || near * 100 < times.length || near < 3 * beside) return []
  const got = `${near} of ${times.length} near 1 s, where a SYN is sent again`
  return [{ class: 'accept_backlog', metric: `connects to ${gateway.name}`, expected: 'none', got }]
}

/**
 * Whether streams stand still at the same time: half of those that were open had their largest gap, of more than three delays and
 * 100 ms, over one and the same instant.
 */
export function stalledOf({ records, scenario, toxics }: Run): readonly GatewayFinding[] {
  const { delayMs } = scenario
  if (toxics !== undefined || delayMs === undefined) return []
  const leastNs = Math.max(3 * delayMs, delayMs + 100) * 1e6
  const streams = records.filter((record) => isClean(record) && record.firstDeltaNs !== undefined)
  if (streams.length < leastStreams) return []
  const edges = streams
    .flatMap(({ largestGapNs = 0, largestGapEndNs }) =>
      largestGapEndNs === undefined || largestGapNs < leastNs
        ? []
        : [
            { atNs: largestGapEndNs - largestGapNs, by: 1 },
            { atNs: largestGapEndNs, by: -1 },
          ],
    )
    .sort((a, b) => a.atNs - b.atNs || a.by - b.by)
  let [still, most, whenNs] = [0, 0, 0]
  for (const { atNs, by } of edges) {
    still += by
    if (still > most) [most, whenNs] = [still, atNs]
  }
  const open = streams.filter(
    ({ firstDeltaNs = 0, lastDeltaNs = 0 }) => firstDeltaNs <= whenNs && lastDeltaNs > whenNs,
  ).length
  if (most < leastStreams || most * 2 < open) return []
  const afterMs = Math.round((whenNs - Math.min(...streams.map(({ startedNs }) => startedNs))) / 1e6)
  const got = `${most} of ${open} open streams at once, ${afterMs} ms after the start, for more than ${Math.round(leastNs / 1e6)} ms`
  return [{ class: 'stalled_together', metric: 'streams that stand still', expected: 'each by itself', got }]
}

/** A stream that nobody did anything wrong to, and that came whole. */
function isClean(record: StreamRecord): boolean {
  return record.outcome.state === 'whole' && !isHarmed(record) && record.clientFault === undefined
}
