import type { CensoredDistribution } from '../judge/censored.ts'
import type { Distribution } from '../judge/distribution.ts'
import type { Judgement } from '../judge/judgement.ts'
import type { Summary } from '../judge/summary.ts'
import type { Baseline, BlockTimes } from '../model/baseline.ts'
import { hdrOf } from '../model/hdr.ts'
import { type Run, reportSchemaVersion } from '../model/run.ts'
import { orNull, rounded } from './json-number.ts'
import { epochSOf, streamJson } from './json-stream.ts'
import { testedLine } from './tested.ts'

/** A run without its streams, as JSON: the run itself, its verdict, the original's `report`, and our metrics. */
export function runJson(run: Run, judgement: Judgement) {
  const { records: _, flights: __, interChunk, transit, mock, baseline, ...header } = run
  const { summary, gatewayFindings, faults, cancellations } = judgement
  return {
    schemaVersion: reportSchemaVersion,
    tested: testedLine(run.gateway),
    verdict: verdictMember(judgement),
    gatewayFindings,
    ...header,
    interChunk: hdrOf(interChunk),
    ...(transit && { transit: hdrOf(transit) }),
    ...(baseline && { baseline: baselineJson(baseline) }),
    ...(mock && { mock: { ...mock, pacingError: hdrOf(mock.pacingError) } }),
    report: reportMembers(summary, run),
    rules: summary.rules,
    faults,
    cancellations,
    metrics: metricsOf(summary),
    overhead: summary.overhead ?? null,
    totalsOfAll: summary.totalsOfAll,
    startSkewMs: ms(judgement.startSkewMs),
  }
}

function verdictMember({ verdict, reasons, failedShare, mostlyFailed, timing }: Judgement) {
  return { verdict, reasons, ...(failedShare !== undefined && { failedShare }), mostlyFailed, timing }
}

function baselineJson({ windows, gateway }: Baseline) {
  return {
    windows: windows.map(({ blocks, ...window }) => ({
      ...window,
      blocks: blocks.map((block) => ({
        ...blockJson(block),
        connect: hdrOf(block.connect),
        headers: hdrOf(block.headers),
        ttft: hdrOf(block.ttft),
      })),
    })),
    gateway: gateway.map(blockJson),
  }
}

function blockJson({ interChunk, transit }: BlockTimes) {
  return { interChunk: hdrOf(interChunk), ...(transit && { transit: hdrOf(transit) }) }
}

/** All of a run as JSON (`--json-out`): `report` and `streams` with each of the original's names, and more beside them. */
export function reportJson(run: Run, judgement: Judgement) {
  const epochS = epochSOf(run)
  return {
    ...runJson(run, judgement),
    flights: run.flights ?? [],
    streams: run.records.map((record) => streamJson(record, epochS)),
  }
}

/** What `reportJson` gives. */
export type ReportJson = ReturnType<typeof reportJson>

function reportMembers(summary: Summary, { telemetry }: Run) {
  const { asked, whole, failed, aborted, notStarted, errors, ttfb, duration, totals, cost } = summary
  return {
    total_streams: asked,
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
    throughput_mbps: orNull(summary.throughputMbps, (mbps) => rounded(mbps, 6)),
    wall_clock_s: orNull(summary.wallS, (s) => rounded(s, 6)),
    peak_concurrent: summary.peakOpen,
    ccr_active_streams_peak: orNull(summary.gatewayPeak),
    ccr_usage: telemetry.usageAfter ?? null,
    total_events: totals.events,
    total_deltas: totals.deltas,
    aborted,
    not_started: notStarted,
    gateway_cpu_s: orNull(cost?.cpuS),
    gateway_cpu_us_per_event: orNull(cost?.cpuUsPerEvent, (us) => rounded(us, 3)),
    gateway_memory_peak_bytes: orNull(cost?.memoryPeakBytes),
    gateway_memory_per_stream_bytes: orNull(cost?.memoryPerStreamBytes, Math.round),
    gateway_descriptors_peak: orNull(cost?.descriptorsPeak),
  }
}

function metricsOf(summary: Summary) {
  const { ttfb, duration, connect, headers, ttft, interChunk, transit, lateness } = summary
  return {
    ttfb: metric(ttfb),
    duration: metric(duration),
    connect: metric(connect),
    headers: metric(headers),
    ttft: metric(ttft),
    interChunk: metric(interChunk),
    transit: metric(transit),
    lateness: metric(lateness),
    ttftWhole: metric(summary.ttftWhole),
    ttftCensored: censored(summary.ttftCensored),
    durationCensored: censored(summary.durationCensored),
  }
}

function metric(distribution: Distribution | undefined) {
  const { n = 0, p50Ms, p95Ms, maxMs } = distribution ?? {}
  const { p99Ms, p999Ms, p9999Ms } = distribution?.tail ?? {}
  return {
    n,
    p50Ms: ms(p50Ms),
    p95Ms: ms(p95Ms),
    p99Ms: ms(p99Ms),
    p999Ms: ms(p999Ms),
    p9999Ms: ms(p9999Ms),
    maxMs: ms(maxMs),
  }
}

function censored(distribution: CensoredDistribution | undefined) {
  if (distribution === undefined) return null
  const { n, censored, p50Ms, p95Ms, p99Ms } = distribution
  return { n, censored, p50Ms: ms(p50Ms), p95Ms: ms(p95Ms), p99Ms: ms(p99Ms) }
}

function ms(value: number | undefined): number | null {
  return orNull(value, (number) => rounded(number, 6))
}
