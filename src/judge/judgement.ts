import { exitStatus, statusOfSignal } from '../base/exit-status.ts'
import type { StreamRecord } from '../model/record.ts'
import type { Run } from '../model/run.ts'
import { type Cancellation, cancellationsOf } from './cancellation.ts'
import { type FaultTally, faultTallies } from './fault-tally.ts'
import type { GatewayFinding } from './gateway-finding.ts'
import { gatewayFindingsOf } from './gateway-findings.ts'
import { type JudgedRemains, judgeRemains } from './leaks.ts'
import { type Second, secondsOf } from './seconds.ts'
import { type Summary, summarize } from './summary.ts'
import type { Goodput } from './thresholds/goodput.ts'
import { goodputOfRun, type JudgedThreshold, judgeThresholds } from './thresholds/thresholds.ts'
import { judgeInstrument } from './timing.ts'
import { type Verdict, verdictOf } from './verdict.ts'

/** Every conclusion from a run. The outputs format it and compute nothing. */
export interface Judgement extends Verdict {
  /** Counts, distributions, and the overhead with its confidence intervals. */
  readonly summary: Summary
  /** What the run shows of the gateway apart from single streams, most severe first. */
  readonly gatewayFindings: readonly GatewayFinding[]
  /** How the gateway handled each injected fault. */
  readonly faults: readonly FaultTally[]
  /** How long upstream streams continued after their clients left. */
  readonly cancellations: readonly Cancellation[]
  /** Values over time, per second and phase; empty if none were measured. */
  readonly seconds: readonly Second[]
  /** What the load left behind in gateway and mock; empty if nothing was measured. */
  readonly remains: readonly JudgedRemains[]
  /** What became of each threshold, in the order of the scenario; empty if it has none. */
  readonly thresholds: readonly JudgedThreshold[]
  /** Streams that met every limit of the scenario; undefined if it has none. */
  readonly goodput?: Goodput
  /** How far apart the workers of the runner started, in ms; undefined with fewer than two. */
  readonly startSkewMs?: number
  /** The exit status of `run` and `stress`. */
  readonly exitStatus: number
}

/** Judges a run by its plain data alone. The only way from a run to a conclusion; called once per run. */
export function judge(run: Run): Judgement {
  const summary = summarize(run)
  const instrument = judgeInstrument(run)
  const faults = faultTallies(run)
  const cancellations = cancellationsOf(run)
  const remains = judgeRemains(run)
  const gatewayFindings = gatewayFindingsOf(run, { timing: instrument.timing, cancellations, remains })
  const thresholds = judgeThresholds({ run, summary, gatewayFindings, instrument })
  const verdict = verdictOf(run, { summary, instrument, faults, gatewayFindings, thresholds })
  return {
    ...verdict,
    summary,
    gatewayFindings,
    faults,
    cancellations,
    remains,
    seconds: secondsOf(run),
    thresholds,
    goodput: goodputOfRun(run),
    startSkewMs: startSkewMs(run.records, run.workers?.runner ?? 1),
    exitStatus: statusOf(verdict, run),
  }
}

function statusOf({ verdict, mostlyFailed }: Verdict, { interruptedBy }: Run): number {
  if (interruptedBy) return statusOfSignal(interruptedBy)
  switch (verdict) {
    case 'pass':
    case 'warn':
      return exitStatus.passed
    case 'fail':
      return mostlyFailed ? exitStatus.mostlyFailed : exitStatus.failed
    case 'invalid':
      return exitStatus.invalid
  }
}

/**
 * How far apart the workers of the runner began, in ms: the lateness of each worker's first start, the largest minus the smallest.
 * Undefined if fewer than two started a stream.
 */
export function startSkewMs(records: readonly StreamRecord[], workers: number): number | undefined {
  const first = new Map<number, StreamRecord>()
  for (const record of records) {
    const worker = record.stream % workers
    const earliest = first.get(worker)
    if (earliest === undefined || record.startedNs < earliest.startedNs) first.set(worker, record)
  }
  if (first.size < 2) return undefined
  const latenessNs = [...first.values()].map(({ startedNs, intendedNs }) => startedNs - intendedNs)
  return (Math.max(...latenessNs) - Math.min(...latenessNs)) / 1e6
}
