import { z } from 'zod'
import type { CensoredDistribution } from '../judge/censored.ts'
import type { Distribution } from '../judge/distribution.ts'
import type { Judgement } from '../judge/judgement.ts'
import type { KindSummary } from '../judge/kinds.ts'
import type { PhaseSummary } from '../judge/phases.ts'
import type { Second, SecondTimes } from '../judge/seconds.ts'
import type { Summary } from '../judge/summary.ts'
import type { StreamRecord } from '../model/record.ts'
import { type Run, reportSchemaVersion, runHeaderSchema } from '../model/run.ts'
import { connectNs, durationNs, headersNs, latenessNs, ttfbNs, ttftNs } from '../model/times.ts'
import type { ReportJson, SecondJson, StreamJson } from './json-schema.ts'
import { notedStream, rerunCommand } from './rerun.ts'
import { testedLine } from './tested.ts'

/** A run without its streams, as run.json has it: the run itself, and the conclusions from it. */
export function runJson(
  run: Run,
  judgement: Judgement,
): Omit<ReportJson, 'flights' | 'seconds' | 'streams' | 'streamsOmitted'> {
  const { records: _, flights: __, thinned: ___, ...header } = run
  const { summary, gatewayFindings, faults, cancellations, thresholds, goodput } = judgement
  const { verdict, reasons, failedShare, mostlyFailed, timing } = judgement
  return {
    schemaVersion: reportSchemaVersion,
    tested: testedLine(run.gateway),
    verdict: { verdict, reasons, failedShare, mostlyFailed, timing },
    gatewayFindings,
    thresholds: thresholds.length > 0 ? thresholds : undefined,
    goodput,
    // Encoding changes nothing; the cast is needed because the schema's type is mutable.
    ...z.encode(runHeaderSchema, header as z.output<typeof runHeaderSchema>),
    report: originalReport(summary, run),
    rerun: rerunOf(run, judgement),
    rules: summary.rules,
    faults,
    cancellations,
    metrics: metricsOf(summary),
    phases: summary.phases?.map(phaseJson),
    kinds: summary.kinds?.map(kindJson),
    overhead: summary.overhead ?? null,
    totalsOfAll: summary.totalsOfAll,
    startSkewMs: ms(judgement.startSkewMs),
  }
}

/** A run as `--json-out` has it: run.json with flights and streams, in the names of the original and further ones. */
export function reportJson(run: Run, judgement: Judgement): ReportJson {
  return {
    ...runJson(run, judgement),
    ...(judgement.seconds.length > 0 ? { seconds: judgement.seconds.map(secondJson) } : {}),
    flights: run.flights ?? [],
    ...listedStreams(run),
  }
}

function rerunOf(run: Run, judgement: Judgement): ReportJson['rerun'] {
  const stream = notedStream(run, judgement)?.stream
  const command = stream === undefined ? undefined : rerunCommand(run, stream)
  return stream === undefined || command === undefined ? undefined : { stream, command }
}

function originalReport(summary: Summary, { telemetry }: Run): ReportJson['report'] {
  const { requested, whole, failed, aborted, notStarted, dropped, errors, ttfb, duration, totals, cost } = summary
  return {
    total_streams: requested,
    successful: whole,
    failed,
    errors: Object.fromEntries(errors.map(({ kind, count }) => [kind, count])),
    ttfb_p50_ms: ms(ttfb?.p50Ms),
    ttfb_p95_ms: ms(ttfb?.p95Ms),
    ttfb_p99_ms: ms(ttfb?.p99Ms),
    ttfb_max_ms: ms(ttfb?.maxMs),
    duration_p50_ms: ms(duration?.p50Ms),
    duration_p95_ms: ms(duration?.p95Ms),
    duration_p99_ms: ms(duration?.p99Ms),
    duration_max_ms: ms(duration?.maxMs),
    total_bytes: totals.bytes,
    total_chunks: totals.chunks,
    throughput_mbps: rounded(summary.throughputMbps, 6),
    wall_clock_s: rounded(summary.wallS, 6),
    peak_concurrent: summary.peakOpen,
    ccr_active_streams_peak: summary.gatewayPeak ?? null,
    ccr_usage: telemetry.usageAfter ?? null,
    total_events: totals.events,
    total_deltas: totals.deltas,
    aborted,
    not_started: notStarted,
    dropped,
    gateway_cpu_s: cost?.cpuS ?? null,
    gateway_cpu_us_per_event: rounded(cost?.cpuUsPerEvent, 3),
    gateway_memory_peak_bytes: cost?.memoryPeakBytes ?? null,
    gateway_memory_per_stream_bytes:
      cost?.memoryPerStreamBytes === undefined ? null : Math.round(cost.memoryPerStreamBytes),
    gateway_descriptors_peak: cost?.descriptorsPeak ?? null,
  }
}

function metricsOf(summary: Summary): ReportJson['metrics'] {
  return {
    ttfb: distribution(summary.ttfb),
    duration: distribution(summary.duration),
    connect: distribution(summary.connect),
    headers: distribution(summary.headers),
    ttft: distribution(summary.ttft),
    interChunk: distribution(summary.interChunk),
    transit: distribution(summary.transit),
    lateness: distribution(summary.lateness),
    ttftWhole: distribution(summary.ttftWhole),
    ttftCensored: censoredDistribution(summary.ttftCensored),
    durationCensored: censoredDistribution(summary.durationCensored),
  }
}

function phaseJson(phase: PhaseSummary): NonNullable<ReportJson['phases']>[number] {
  const { durationS, offeredPerS, startsPerS, completePerS, peakOpen, ...counts } = phase
  const { lateness, ttft, duration, interChunk, transit, ...names } = counts
  return {
    ...names,
    durationS: rounded(durationS, 6),
    offeredPerS: rounded(offeredPerS, 6),
    startsPerS: rounded(startsPerS, 6),
    completePerS: rounded(completePerS, 6),
    peakOpen,
    lateness: distribution(lateness),
    ttft: distribution(ttft),
    duration: distribution(duration),
    interChunk: distribution(interChunk),
    transit: distribution(transit),
  }
}

function kindJson({ share, ttft, duration, ...counts }: KindSummary): NonNullable<ReportJson['kinds']>[number] {
  return { ...counts, share: Number(share.toFixed(6)), ttft: distribution(ttft), duration: distribution(duration) }
}

function distribution(values: Distribution | undefined): ReportJson['metrics']['ttft'] {
  return {
    n: values?.n ?? 0,
    p50Ms: ms(values?.p50Ms),
    p95Ms: ms(values?.p95Ms),
    p99Ms: ms(values?.tail.p99Ms),
    p999Ms: ms(values?.tail.p999Ms),
    p9999Ms: ms(values?.tail.p9999Ms),
    maxMs: ms(values?.maxMs),
  }
}

function censoredDistribution(values: CensoredDistribution | undefined): ReportJson['metrics']['ttftCensored'] {
  if (values === undefined) return null
  const { n, censored, p50Ms, p95Ms, p99Ms } = values
  return { n, censored, p50Ms: ms(p50Ms), p95Ms: ms(p95Ms), p99Ms: ms(p99Ms) }
}

function secondJson({ ttft, transit, lateMs, ...second }: Second): SecondJson {
  const { gatewayCpuS, gatewayMemoryBytes, activeStreams, runnerMemoryBytes, ...counts } = second
  return {
    ...counts,
    lateMs,
    ttft: timesJson(ttft),
    transit: timesJson(transit),
    gatewayCpuS: rounded(gatewayCpuS, 6),
    gatewayMemoryBytes: gatewayMemoryBytes ?? null,
    activeStreams: activeStreams ?? null,
    runnerMemoryBytes: runnerMemoryBytes ?? null,
  }
}

function timesJson(times: SecondTimes | undefined): SecondJson['ttft'] {
  if (times === undefined) return null
  const { n, p50Ms, p95Ms, p99Ms, maxMs } = times
  return { n, p50Ms: ms(p50Ms), p95Ms: ms(p95Ms), p99Ms: ms(p99Ms), maxMs: ms(maxMs) }
}

/** Streams that the JSON lists at most. The longest text that V8 can make has some 300,000. */
const mostListed = 100_000

/** All streams, or those to look at first and as many of the others as fit. */
export function listedStreams(run: Run, most = mostListed): Pick<ReportJson, 'streams' | 'streamsOmitted'> {
  const { records } = run
  const epochS = epochClock(run)
  const streams = (listed: Run['records']) => listed.map((record) => streamJson(record, epochS))
  if (records.length <= most) return { streams: streams(records) }
  const isNotable = ({ outcome, findings, fault }: StreamRecord) =>
    outcome.state !== 'whole' || findings !== undefined || fault !== undefined
  const notable = records.filter(isNotable).slice(0, most)
  // The record of one stream may stand for several.
  const others = [...new Set(records.filter((record) => !isNotable(record)))].slice(0, most - notable.length)
  const listed = [...notable, ...others].sort((a, b) => a.stream - b.stream)
  return { streams: streams(listed), streamsOmitted: records.length - listed.length }
}

/** One stream: all names of the original, then further ones. */
function streamJson(record: StreamRecord, epochS: (instantNs: number | undefined) => number | null): StreamJson {
  const { outcome } = record
  const failure = outcome.state === 'failed' ? outcome : undefined
  return {
    stream_id: record.stream,
    phase: record.phase,
    status_code: record.status ?? null,
    ttfb_ms: msOfNs(ttfbNs(record)),
    duration_ms: msOfNs(durationNs(record)),
    chunks_received: record.chunks,
    bytes_received: record.bytes,
    error: failure?.kind ?? (outcome.state === 'aborted' ? 'aborted' : null),
    first_chunk_ts: epochS(record.firstByteNs),
    last_chunk_ts: epochS(record.lastByteNs),
    outcome: outcome.state,
    error_phase: outcome.state === 'whole' ? null : outcome.phase,
    error_detail: failure?.detail ?? null,
    events_received: record.events,
    deltas_received: record.deltas,
    lateness_ms: msOfNs(latenessNs(record)),
    connect_ms: msOfNs(connectNs(record)),
    headers_ms: msOfNs(headersNs(record)),
    ttft_ms: msOfNs(ttftNs(record)),
    largest_gap_ms: msOfNs(record.largestGapNs),
    findings: record.findings ?? [],
    raw_base64: record.rawBase64 ?? null,
    fault: record.fault ?? null,
    attempts: record.attempts ?? null,
    client_fault: record.clientFault ?? null,
    upstream: record.upstream ?? null,
    instants_ns: {
      intended: record.intendedNs,
      started: record.startedNs,
      connected: record.connectedNs ?? null,
      request_sent: record.requestSentNs ?? null,
      headers: record.headersNs ?? null,
      first_byte: record.firstByteNs ?? null,
      first_event: record.firstEventNs ?? null,
      first_delta: record.firstDeltaNs ?? null,
      last_delta: record.lastDeltaNs ?? null,
      last_byte: record.lastByteNs ?? null,
      ended: record.endedNs,
    },
  }
}

/** Converts instants of a run's monotonic clock to seconds since 1970, by the wall clock at the run's start. */
function epochClock({ startedAt, startedNs }: Run): (instantNs: number | undefined) => number | null {
  const startMs = Date.parse(startedAt)
  return (ns) => (ns === undefined ? null : rounded((startMs + (ns - startedNs) / 1e6) / 1000, 6))
}

function ms(value: number | undefined): number | null {
  return rounded(value, 6)
}

function msOfNs(ns: number | undefined): number | null {
  return ns === undefined ? null : rounded(ns / 1e6, 6)
}

/** A number without the floating-point noise of a division; `null` if it was not measured. */
function rounded(value: number | undefined, decimals: number): number | null {
  return value === undefined ? null : Number(value.toFixed(decimals))
}
