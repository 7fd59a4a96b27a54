import { durationOf, isOpenLoop, type LoadPhase, phasesOf } from '../model/phase.ts'
import type { StreamRecord } from '../model/record.ts'
import type { Run } from '../model/run.ts'
import { durationNs, latenessNs, ttftNs } from '../model/times.ts'
import { type Distribution, distributionOf, distributionOfHistogram } from './distribution.ts'
import { peakConcurrency } from './peak.ts'

/** What one phase of a load did. */
export interface PhaseSummary {
  readonly name: string
  readonly shape: LoadPhase['shape']
  /** Whether it is not part of the metrics of the whole run. */
  readonly excluded: boolean
  readonly started: number
  readonly whole: number
  readonly failed: number
  readonly aborted: number
  /** Starts that an open loop dropped because too many streams were open. */
  readonly dropped: number
  /** From its begin to the end of its starts, in s; undefined if no stream started. */
  readonly durationS?: number
  /** Starts per second that its schedule has, dropped ones included; undefined if starts wait for ends. */
  readonly offeredPerS?: number
  /** Starts per second, and streams per second that were complete. */
  readonly startsPerS?: number
  readonly completePerS?: number
  /** The most of its streams that were open at one instant. */
  readonly peakOpen: number
  readonly lateness?: Distribution
  /** Over every stream that got that far; in an open loop from the intended start. */
  readonly ttft?: Distribution
  /** Over complete streams. */
  readonly duration?: Distribution
  readonly interChunk?: Distribution
  readonly transit?: Distribution
}

/** Whether the records of a run are those of its load: a run that ended in the warm-up has those of the warm-up. */
function isLoaded({ stopped }: Pick<Run, 'stopped'>): boolean {
  return stopped === undefined || stopped.phase === 'load'
}

/** The records without those of excluded phases. */
export function countedRecords(run: Pick<Run, 'records' | 'scenario' | 'stopped'>): readonly StreamRecord[] {
  const phases = phasesOf(run.scenario)
  if (!isLoaded(run) || !phases.some(({ excluded }) => excluded)) return run.records
  return run.records.filter(({ phase = 0 }) => phases[phase]?.excluded !== true)
}

/** Starts that were dropped, those of excluded phases not counted; undefined without an open loop. */
export function droppedOf({ dropped, scenario }: Pick<Run, 'dropped' | 'scenario'>): number | undefined {
  const phases = phasesOf(scenario)
  if (!phases.some(isOpenLoop)) return undefined
  return phases.reduce((sum, { excluded }, index) => sum + (excluded ? 0 : (dropped?.[index] ?? 0)), 0)
}

/** The streams that the load was to have: complete, failed, aborted, dropped or never started. */
export function requestedOf(run: Pick<Run, 'records' | 'scenario' | 'stopped' | 'notStarted' | 'dropped'>): number {
  if (run.scenario.phases === undefined) return run.scenario.streams
  return countedRecords(run).length + run.notStarted + (droppedOf(run) ?? 0)
}

/** What each phase did; undefined if the load is a plain burst. */
export function phaseSummaries(run: Run): readonly PhaseSummary[] | undefined {
  const { phases } = run.scenario
  if (phases === undefined || !isLoaded(run)) return undefined
  const byPhase = phases.map((): StreamRecord[] => [])
  for (const record of run.records) byPhase[record.phase ?? 0]?.push(record)
  return phases.map((phase, index): PhaseSummary => {
    const records = byPhase[index] ?? []
    const whole = records.filter(({ outcome }) => outcome.state === 'whole')
    const failed = records.filter(({ outcome }) => outcome.state === 'failed').length
    const over = (streams: readonly StreamRecord[], time: (record: StreamRecord) => number | undefined) =>
      distributionOf(streams.map(time).filter((ns) => ns !== undefined))
    const dropped = run.dropped?.[index] ?? 0
    const durationS = startsLastS(phase, records, run)
    const perS = (count: number) => (durationS ? count / durationS : undefined)
    const times = run.phaseTimes?.[index]
    return {
      name: phase.name,
      shape: phase.shape,
      excluded: phase.excluded === true,
      started: records.length,
      whole: whole.length,
      failed,
      aborted: records.length - whole.length - failed,
      dropped,
      durationS,
      offeredPerS: isOpenLoop(phase) ? perS(records.length + dropped) : undefined,
      startsPerS: perS(records.length),
      completePerS: perS(whole.length),
      peakOpen: peakConcurrency(records),
      lateness: over(records, latenessNs),
      ttft: over(records, ttftNs),
      duration: over(whole, durationNs),
      interChunk: times && distributionOfHistogram(times.interChunk),
      transit: times?.transit && distributionOfHistogram(times.transit),
    }
  })
}

/**
 * How long a phase started streams: its duration, or from its first intended start to its last end if it has none or did not come to
 * its end.
 */
function startsLastS(phase: LoadPhase, records: readonly StreamRecord[], run: Run): number | undefined {
  if (records.length === 0) return undefined
  const plannedS = durationOf(phase)
  const isComplete = [run.interruptedBy, run.stopped, run.abortedBy, run.died].every((end) => end === undefined)
  if (plannedS !== undefined && isComplete && phase.total === undefined) return plannedS
  let [firstNs, lastNs] = [Number.POSITIVE_INFINITY, 0]
  for (const { intendedNs, endedNs } of records) {
    firstNs = Math.min(firstNs, intendedNs)
    lastNs = Math.max(lastNs, endedNs)
  }
  return Math.min((lastNs - firstNs) / 1e9, plannedS ?? Number.POSITIVE_INFINITY)
}
