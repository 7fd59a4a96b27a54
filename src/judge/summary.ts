import type { FailureKind } from '../model/failure.ts'
import type { GatewayTelemetry } from '../model/gateway.ts'
import { isHarmed, type StreamRecord } from '../model/record.ts'
import type { Run } from '../model/run.ts'
import { connectNs, durationNs, headersNs, latenessNs, ttfbNs, ttftNs } from '../model/times.ts'
import { type CensoredDistribution, censoredOf } from './censored.ts'
import { type CostSummary, summarizeCost } from './cost.ts'
import { type Distribution, distributionOf, distributionOfHistogram } from './distribution.ts'
import { type KindSummary, kindSummaries } from './kinds.ts'
import { type OverheadSummary, overheadOf } from './overhead.ts'
import { peakConcurrency } from './peak.ts'
import { countedRecords, droppedOf, type PhaseSummary, phaseSummaries, requestedOf } from './phases.ts'

/** Sums over streams: body bytes, reads that carried some, SSE events, and events with generated content. */
export interface Totals {
  readonly bytes: number
  readonly chunks: number
  readonly events: number
  readonly deltas: number
}

/** How many streams failed in one way. */
interface ErrorCount {
  readonly kind: FailureKind
  readonly count: number
}

/** How often a rule was broken (`error`) or nearly broken (`warning`), and in how many streams. */
export interface RuleCount {
  readonly rule: string
  readonly severity: 'error' | 'warning'
  readonly count: number
  readonly streams: number
}

/** The numbers of a run. What was not measured is undefined. */
export interface Summary {
  /** Streams of the load, without excluded phases: complete, failed, aborted by an interrupt, dropped or never started. */
  readonly requested: number
  readonly whole: number
  readonly failed: number
  readonly aborted: number
  readonly notStarted: number
  /** Starts that open loops dropped because too many streams were open; undefined without an open loop. */
  readonly dropped?: number
  /** From the first start to the last end, in s. */
  readonly wallS?: number
  readonly peakOpen: number
  /** What each phase did; undefined if the load is a plain burst. */
  readonly phases?: readonly PhaseSummary[]
  /** What the streams of each kind did, those of excluded phases not counted; undefined without a mix. */
  readonly kinds?: readonly KindSummary[]
  /** Peak of open streams as the gateway reports it: the highest sample of its gauge, or its own high-water mark if higher. */
  readonly gatewayPeak?: number
  /** The most frequent first. */
  readonly errors: readonly ErrorCount[]
  /** Rules broken by streams without an injected fault, by name. Wrong content counts in excluded phases, too. */
  readonly rules: readonly RuleCount[]
  /** Over complete streams, as in the original. */
  readonly ttfb?: Distribution
  readonly duration?: Distribution
  /** Over every stream that got that far, failed ones included. */
  readonly connect?: Distribution
  readonly headers?: Distribution
  readonly ttft?: Distribution
  /** Over complete streams only. */
  readonly ttftWhole?: Distribution
  /** A stream that failed first counts as longer than any other; undefined if none did. */
  readonly ttftCensored?: CensoredDistribution
  readonly durationCensored?: CensoredDistribution
  readonly lateness?: Distribution
  /** Over all gaps between two deltas of one stream. */
  readonly interChunk?: Distribution
  /** Over all planned deltas, from the mock's stamp to the arrival. */
  readonly transit?: Distribution
  /** How late the mock wrote its deltas: actual minus planned instant. */
  readonly pacingError?: Distribution
  /** What the gateway added to each time; undefined without a baseline. */
  readonly overhead?: OverheadSummary
  /** Over complete streams, as in the original. */
  readonly totals: Totals
  readonly totalsOfAll: Totals
  /** Undefined if the gateway's process is not visible. */
  readonly cost?: CostSummary
  /** Body bits of the complete streams per wall time, in Mbit/s. */
  readonly throughputMbps?: number
}

/** Computes a run's numbers from its records. */
export function summarize(run: Run): Summary {
  const { interChunk, transit, telemetry, notStarted, cost, mock } = run
  const records = countedRecords(run)
  const whole = records.filter(({ outcome }) => outcome.state === 'whole')
  const failed = records.filter(({ outcome }) => outcome.state === 'failed').length
  const over = (streams: readonly StreamRecord[], time: (record: StreamRecord) => number | undefined) =>
    distributionOf(streams.map(time).filter((ns) => ns !== undefined))
  const wallS = wallTimeS(records)
  const totals = totalsOf(whole)
  const totalsOfAll = totalsOf(records)
  const peakOpen = peakConcurrency(records)
  return {
    requested: requestedOf(run),
    whole: whole.length,
    failed,
    aborted: records.length - whole.length - failed,
    notStarted,
    dropped: droppedOf(run),
    wallS,
    peakOpen,
    phases: phaseSummaries(run),
    kinds: kindSummaries(run, records),
    gatewayPeak: gatewayPeak(telemetry),
    errors: countErrors(records),
    rules: countRules(run.records.filter((record) => !isHarmed(record))),
    ttfb: over(whole, ttfbNs),
    duration: over(whole, durationNs),
    connect: over(records, connectNs),
    headers: over(records, headersNs),
    ttft: over(records, ttftNs),
    ttftWhole: over(whole, ttftNs),
    ttftCensored: censoredOf(records, ttftNs),
    durationCensored: censoredOf(records, (record) =>
      record.outcome.state === 'whole' ? durationNs(record) : undefined,
    ),
    lateness: over(records, latenessNs),
    interChunk: distributionOfHistogram(interChunk),
    transit: transit && distributionOfHistogram(transit),
    pacingError: mock && distributionOfHistogram(mock.pacingError),
    overhead: overheadOf(run),
    totals,
    totalsOfAll,
    cost: cost && summarizeCost(cost, totalsOf(run.records).events, peakConcurrency(run.records)),
    throughputMbps: wallS ? (totals.bytes * 8) / 1e6 / wallS : undefined,
  }
}

/** From the first start to the last end of these streams, in s; undefined without any. */
export function wallTimeS(records: readonly StreamRecord[]): number | undefined {
  let firstNs = Number.POSITIVE_INFINITY
  let lastNs = Number.NEGATIVE_INFINITY
  for (const { startedNs, endedNs } of records) {
    firstNs = Math.min(firstNs, startedNs)
    lastNs = Math.max(lastNs, endedNs)
  }
  return records.length === 0 ? undefined : (lastNs - firstNs) / 1e9
}

function gatewayPeak({ sampledPeak, highWaterMark }: GatewayTelemetry): number | undefined {
  if (sampledPeak === undefined) return highWaterMark
  return highWaterMark === undefined ? sampledPeak : Math.max(sampledPeak, highWaterMark)
}

function countErrors(records: readonly StreamRecord[]): ErrorCount[] {
  const counts = new Map<FailureKind, number>()
  for (const { outcome } of records) {
    if (outcome.state === 'failed') counts.set(outcome.kind, (counts.get(outcome.kind) ?? 0) + 1)
  }
  return [...counts]
    .map(([kind, count]) => ({ kind, count }))
    .sort((a, b) => b.count - a.count || (a.kind < b.kind ? -1 : 1))
}

function countRules(records: readonly StreamRecord[]): RuleCount[] {
  const rules = new Map<string, { rule: string; severity: RuleCount['severity']; count: number; streams: number }>()
  for (const { findings = [], findingCounts = {} } of records) {
    for (const [rule, count] of Object.entries(findingCounts)) {
      const isError = findings.some((finding) => finding.rule === rule && finding.severity === 'error')
      const entry = rules.get(rule) ?? { rule, severity: 'warning', count: 0, streams: 0 }
      if (isError) entry.severity = 'error'
      entry.count += count
      entry.streams++
      rules.set(rule, entry)
    }
  }
  return [...rules.values()].sort((a, b) => (a.rule < b.rule ? -1 : 1))
}

function totalsOf(records: readonly StreamRecord[]): Totals {
  let [bytes, chunks, events, deltas] = [0, 0, 0, 0]
  for (const record of records) {
    bytes += record.bytes
    chunks += record.chunks
    events += record.events
    deltas += record.deltas
  }
  return { bytes, chunks, events, deltas }
}
