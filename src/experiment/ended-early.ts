import type { Run } from '../model/run.ts'
import type { RunContext } from './context.ts'
import type { InstrumentWatch } from './instrument-watch.ts'
import { nothingLoaded } from './load.ts'
import type { Header } from './run-header.ts'
import { readTruths, withTruth } from './telemetry.ts'
import type { FailedWarmUp } from './warm-up.ts'

/** Why a run ended early, and the streams of the phase in which it did. */
interface Stop extends Partial<FailedWarmUp> {
  readonly why?: string
}

/** The run of an experiment that ended early. Its records are complete: findings, raw bytes and what the mock saw. */
export async function stoppedRun(run: RunContext, header: Header, { why, loaded, died }: Stop): Promise<Run> {
  const { topology, experiment, runner, watch } = run
  const { scenario } = experiment
  const truths = loaded && !isMockLost(watch) ? await readTruths(topology.mockUrl, scenario.seed) : undefined
  const streams = loaded && {
    records: loaded.records.map((record) => withTruth(record, truths)),
    interChunk: loaded.interChunk.toJSON(),
    transit: loaded.transit?.toJSON(),
    flights: loaded.flights.length > 0 ? loaded.flights : undefined,
    notStarted: Math.max(0, nothingLoaded(scenario).notStarted - loaded.records.length),
  }
  return {
    ...header,
    workers: { runner: runner.workers },
    ...nothingLoaded(scenario),
    ...streams,
    stopped: { phase: stoppedPhase(watch), why },
    died,
  }
}

/** A part that ends after the load does not stop the run. */
function stoppedPhase({ phase }: InstrumentWatch): NonNullable<Run['stopped']>['phase'] {
  return phase === 'warm-up' || phase === 'baseline' ? phase : 'load'
}

/** The parts of the harness that failed during a run. */
export function failedParts(watch: InstrumentWatch): Pick<Run, 'failedParts'> {
  const failed = watch.failed()
  return { failedParts: failed.length > 0 ? failed : undefined }
}

/** A load that a failed part of the harness ended early. */
export function endedEarly(
  watch: InstrumentWatch,
  { records, notStarted }: Pick<Run, 'records' | 'notStarted'>,
): Run['stopped'] {
  const isCut = notStarted > 0 || records.some(({ outcome }) => outcome.state === 'aborted')
  return watch.failed().length > 0 && isCut ? { phase: 'load' } : undefined
}

/** Whether the mock failed. If it did, no more requests are sent to it, because each would take its full time limit. */
export function isMockLost(watch: InstrumentWatch): boolean {
  return watch.failed().some(({ part }) => part === 'mock')
}
