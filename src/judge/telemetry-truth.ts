import type { FailureKind } from '../model/failure.ts'
import type { GatewayUsage } from '../model/gateway.ts'
import type { StreamRecord } from '../model/record.ts'
import type { Run } from '../model/run.ts'
import type { GatewayFinding } from './gateway-finding.ts'
import { peakConcurrency } from './peak.ts'

/** How long after the client has seen a stream's end the gateway may still count it as open, in ns. */
const endSlackNs = 250e6

/** Failures that the gateway reports to its client itself. */
const reportedKinds: ReadonlySet<FailureKind> = new Set(['http_429', 'http_5xx', 'inband_error'])

/** Failures that the gateway sees as well, if no toxic is between it and its client. */
const seenKinds: ReadonlySet<FailureKind> = new Set([
  'closed_before_headers',
  'reset_before_headers',
  'truncated_fin',
  'truncated_clean_eof',
  'masked_truncation',
  'missing_done',
  'reset_midstream',
])

/** Gateway telemetry that contradicts the load. What the gateway does not report is not checked. */
export function untruthsOf(run: Run): readonly GatewayFinding[] {
  return [...gaugeUntruths(run), ...(run.interruptedBy || run.abortedBy ? [] : counterUntruths(run))]
}

/** A sampled gauge may miss a peak, but cannot show one that never existed. The peak of a thinned list of records is not exact. */
function gaugeUntruths(run: Run): GatewayFinding[] {
  const { records, telemetry, drain, mock } = run
  const { sampledPeak, highWaterMark } = run.thinned === undefined ? telemetry : {}
  const ofLoad = hasFrontToxic(run) ? records.length : peakConcurrency(records, endForGateway)
  // Streams from before the load may be counted too.
  const most = ofLoad + (telemetry.usageBefore?.active_streams ?? 0)
  const { before, after } = drain ?? {}
  // Streams that are still open are counted correctly.
  const stillOpen = after?.mockStreams ?? mock?.streamsOpen
  const mostAfter = (before?.activeStreams ?? 0) + (stillOpen ?? 0)
  return [
    ...within('active_streams, highest sample', sampledPeak, 0, most, 'streams open at once'),
    ...within('ccr_peak_active_streams', highWaterMark, 0, most, 'streams open at once'),
    ...(before?.activeStreams === undefined || stillOpen === undefined
      ? []
      : within('active_streams after the load', after?.activeStreams, 0, mostAfter, 'streams open')),
  ]
}

/** The latest end of a stream that the gateway may have seen: it may notice late, or never, that a client left. */
function endForGateway({ outcome, endedNs }: StreamRecord): number {
  return outcome.state === 'whole' ? endedNs + endSlackNs : Number.POSITIVE_INFINITY
}

/** Whether a toxic is between the gateway and its client, so that the two see different ends. */
function hasFrontToxic({ toxics = [] }: Run): boolean {
  return toxics.some((toxic) => toxic.startsWith('runner-gateway:'))
}

function counterUntruths(run: Run): GatewayFinding[] {
  const { records, scenario, telemetry, drain, mock } = run
  const { usageBefore } = telemetry
  // Nothing is in transit at the last sample of the drain.
  const usage = drain?.usage ?? telemetry.usageAfter
  const delta = (name: Exclude<keyof GatewayUsage, 'tiers'>) => {
    const [first, last] = [usageBefore?.[name], usage?.[name]]
    return first === undefined || last === undefined ? undefined : last - first
  }
  const sent = records.filter(({ requestSentNs }) => requestSentNs !== undefined).length
  const accepted = records.filter(({ status }) => status === 200).length
  const isBetween = hasFrontToxic(run)
  const isKnown = (kind: FailureKind) => reportedKinds.has(kind) || (!isBetween && seenKinds.has(kind))
  const failures = records.flatMap(({ outcome }) => (outcome.state === 'failed' ? [outcome.kind] : []))
  const attemptsAgain = Math.max(0, (mock?.requests ?? 0) - records.length)
  // An injected fault is not always a failure for the gateway, but the mock's counts include it.
  const hasFaults = (scenario.faults?.length ?? 0) > 0
  const isWhole = !hasFaults && hasEveryStream(run) && failures.length === 0 && mock?.streamsAborted === 0
  const tokens = isWhole && mock.requests === records.length ? mock.deltasSent : undefined
  return [
    ...within('total_requests', delta('total_requests'), accepted, sent, 'requests sent'),
    ...within(
      'total_failures',
      delta('total_failures'),
      hasFaults ? 0 : failures.filter(isKnown).length,
      // A gateway may count a stream as failed that its client left.
      failures.length + attemptsAgain + records.filter(({ outcome }) => outcome.state === 'aborted').length,
      'failures',
    ),
    ...(tokens === undefined
      ? []
      : within('total_output_tokens', delta('total_output_tokens'), tokens, tokens, 'deltas sent')),
  ]
}

/** Whether every planned stream started. */
function hasEveryStream({ records, scenario, notStarted }: Run): boolean {
  return scenario.phases ? notStarted === 0 : records.length === scenario.streams
}

/** A finding if a value is outside of what is possible; none if the gateway does not report it. */
function within(
  metric: string,
  value: number | undefined,
  least: number,
  most: number,
  what: string,
): GatewayFinding[] {
  if (value === undefined || (value >= least && value <= most)) return []
  const expected = least === most ? `${most}` : least === 0 ? `at most ${most}` : `${least} to ${most}`
  return [{ class: 'telemetry_untrue', metric, expected: `${expected} (${what})`, got: `${value}` }]
}

/** Whether the gateway repeated requests although nothing failed upstream. */
export function amplificationOf({ mock, records, toxics, scenario }: Run): readonly GatewayFinding[] {
  const streams = records.length
  if (
    mock === undefined ||
    toxics !== undefined ||
    scenario.faults?.length ||
    streams === 0 ||
    mock.requests <= streams
  )
    return []
  const got = `${(mock.requests / streams).toFixed(2)} (${mock.requests} for ${streams} streams)`
  return [{ class: 'retry_amplification', metric: 'requests to the mock per stream', expected: '1.00', got }]
}
