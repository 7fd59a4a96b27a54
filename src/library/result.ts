import type { GatewayFinding } from '../judge/gateway-finding.ts'
import { judge } from '../judge/judgement.ts'
import type { Summary } from '../judge/summary.ts'
import type { Goodput } from '../judge/thresholds/goodput.ts'
import type { JudgedThreshold } from '../judge/thresholds/thresholds.ts'
import type { Timing } from '../judge/timing.ts'
import type { GatewayIdentity } from '../model/gateway.ts'
import type { Run } from '../model/run.ts'
import { reportJson } from '../report/json.ts'
import type { ReportJson } from '../report/json-schema.ts'
import type { ReportDetail } from '../report/report-detail.ts'
import { reportText } from '../report/text/report-text.ts'

/** A run and its conclusions, for the assertions of a test suite. What was not measured is undefined. */
export interface RunResult {
  readonly verdict: 'pass' | 'warn' | 'fail' | 'invalid'
  /** One sentence each, most severe first; empty if everything went as planned. */
  readonly reasons: readonly string[]
  /** Whether the times are the gateway's. Content is judged even if they are not. */
  readonly timing: Timing
  /** Leaks, wrong telemetry, repeated requests and unusual shapes of times, each with its class. */
  readonly gatewayFindings: readonly GatewayFinding[]
  readonly summary: Summary
  /** What became of each threshold of the scenario. */
  readonly thresholds: readonly JudgedThreshold[]
  /** Streams that met every limit of the scenario; undefined if it has none. */
  readonly goodput: Goodput | undefined
  readonly gateway: GatewayResult
  /** Where the streams were counted and timed: `container` on the topology's network, `host` by published ports. */
  readonly runner: 'container' | 'host'
  /** The run as plain data, a record for each stream in it. */
  readonly run: Run
  /** The report for people, as `ccr-sse-stress run --report short` (the default) or `full` prints it. */
  report(detail?: ReportDetail): string
  /** The report for scripts, as `--json-out` writes it: config/report.schema.json. */
  json(): ReportJson
}

/** What was tested, and what it cost. */
export interface GatewayResult extends GatewayIdentity {
  readonly cpu: {
    readonly seconds: number | undefined
    readonly usPerEvent: number | undefined
    /** The limit in cores, and how often and how long it throttled the gateway. */
    readonly limit: number | undefined
    readonly periods: number | undefined
    readonly throttledPeriods: number | undefined
    readonly throttledS: number | undefined
  }
  readonly memory: {
    readonly beforeBytes: number | undefined
    readonly peakBytes: number | undefined
    readonly afterBytes: number | undefined
    readonly perStreamBytes: number | undefined
    readonly limitBytes: number | undefined
    /** The gateway's processes that the kernel killed for memory. */
    readonly oomKills: number | undefined
  }
  readonly descriptors: {
    readonly before: number | undefined
    readonly peak: number | undefined
    readonly after: number | undefined
  }
}

/** Judges a run. */
export function resultOfRun(run: Run, runner: RunResult['runner']): RunResult {
  const judgement = judge(run)
  const { verdict, reasons, timing, gatewayFindings, summary, thresholds, goodput } = judgement
  const { cost } = summary
  const container = cost?.container
  return {
    verdict,
    reasons,
    timing,
    gatewayFindings,
    summary,
    thresholds,
    goodput,
    gateway: {
      ...run.gateway,
      cpu: {
        seconds: cost?.cpuS,
        usPerEvent: cost?.cpuUsPerEvent,
        limit: container?.cpuLimit,
        periods: container?.periods,
        throttledPeriods: container?.throttledPeriods,
        throttledS: container?.throttledS,
      },
      memory: {
        beforeBytes: cost?.memoryBeforeBytes,
        peakBytes: cost?.memoryPeakBytes,
        afterBytes: cost?.memoryAfterBytes,
        perStreamBytes: cost?.memoryPerStreamBytes,
        limitBytes: container?.memoryLimitBytes,
        oomKills: container?.oomKills,
      },
      descriptors: { before: cost?.descriptorsBefore, peak: cost?.descriptorsPeak, after: cost?.descriptorsAfter },
    },
    runner,
    run,
    report: (detail) => reportText(run, judgement, detail),
    json: () => reportJson(run, judgement),
  }
}
