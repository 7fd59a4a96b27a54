import { randomBytes } from 'node:crypto'
import type { ExperimentContext } from '../experiment.ts'
import { reportJson } from '../report/json.ts'
import { reportText } from '../report/text.ts'
import { checkWritableFile, writeJsonOut } from '../results/json-out.ts'
import { checkWritable, writeResults } from '../results/results.ts'
import { newRunId } from '../results/run-id.ts'
import type { Run, Scenario } from '../run.ts'
import { judge } from '../verdict/verdict.ts'
import { statusOfSignal, statusOfVerdict } from './exit-status.ts'
import { listenToInterrupts } from './interrupt.ts'
import { plannedMs, showProgress } from './live-progress.ts'
import { version } from './version.ts'

/** Where a run leaves what it found. */
export interface Outputs {
  readonly out: string
  readonly jsonOut: string | undefined
}

/**
 * Measures, judges, reports to stdout and files, and says the exit status. `killSignal` is aborted by a second Ctrl-C:
 * whoever started a process ends it then and there, as the next thing is our own exit.
 */
export async function runAndReport(
  { out, jsonOut }: Outputs,
  scenario: Scenario,
  measure: (context: ExperimentContext, killSignal: AbortSignal) => Promise<Run>,
): Promise<number> {
  await checkWritable(out)
  if (jsonOut !== undefined) await checkWritableFile(jsonOut)
  const kill = new AbortController()
  const interrupts = listenToInterrupts((signal) => {
    kill.abort()
    process.exit(statusOfSignal(signal))
  })
  const progress = showProgress(process.stderr, scenario.streams, plannedMs(scenario))
  try {
    const id = newRunId(new Date(), randomBytes(3).toString('hex'))
    const run = await measure({ id, harnessVersion: version, signal: interrupts.signal, ...progress }, kill.signal)
    progress.stop()
    const verdict = judge(run)
    const text = reportText(run, verdict)
    const folder = await writeResults(out, run, verdict, text)
    if (jsonOut !== undefined) await writeJsonOut(jsonOut, reportJson(run, verdict))
    process.stderr.write(`results in ${folder}\n`)
    process.stdout.write(text)
    return statusOfVerdict(verdict, run.interruptedBy)
  } finally {
    progress.stop()
    interrupts.stop()
  }
}
