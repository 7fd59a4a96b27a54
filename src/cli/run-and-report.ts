import { randomBytes } from 'node:crypto'
import { statusOfSignal } from '../base/exit-status.ts'
import { version } from '../base/version.ts'
import type { ExperimentContext } from '../experiment/context.ts'
import { judge } from '../judge/judgement.ts'
import type { Run } from '../model/run.ts'
import type { Scenario } from '../model/scenario.ts'
import type { Host } from '../process/host.ts'
import { reportJson } from '../report/json.ts'
import { reportText } from '../report/text/report-text.ts'
import { checkWritableFile, writeJsonOut } from '../results/json-out.ts'
import { newRunId } from '../results/run-id.ts'
import { checkWritable } from '../results/writable.ts'
import { writeResults } from '../results/write-results.ts'
import { createHost } from './host.ts'
import { plannedMs, showProgress } from './live-progress.ts'

/** Where a run leaves what it found. */
export interface Outputs {
  readonly out: string
  readonly jsonOut?: string
}

/**
 * Measures, judges, reports to stdout and files, and says the exit status. `killSignal` is aborted by a second Ctrl-C:
 * whoever started a process ends it then and there, as the next thing is our own exit.
 */
export async function runAndReport(
  { out, jsonOut }: Outputs,
  scenario: Scenario,
  measure: (context: ExperimentContext, host: Host) => Promise<Run>,
): Promise<number> {
  await checkWritable(out)
  if (jsonOut !== undefined) await checkWritableFile(jsonOut)
  const progress = showProgress(process.stderr, scenario.streams, plannedMs(scenario))
  using host = createHost(progress.onProgress)
  const { signal } = host
  try {
    const id = newRunId(new Date(), randomBytes(3).toString('hex'))
    const measured = await measure({ id, harnessVersion: version, signal, ...progress }, host)
    progress.stop()
    // A signal during the tear-down came after the measuring had ended, and is an interrupt all the same.
    const words = process.argv.slice(2)
    const run: Run = { ...measured, words, ...(signal.aborted && { interruptedBy: signal.reason }) }
    const judgement = judge(run)
    const text = reportText(run, judgement)
    // First, as a file that can't be written must not keep the report from who waited for it.
    process.stdout.write(text)
    const folder = await writeResults(out, run, judgement, text)
    if (jsonOut !== undefined) await writeJsonOut(jsonOut, reportJson(run, judgement), run.id)
    process.stderr.write(`results in ${folder}\n`)
    // A signal while the files were written is an interrupt too.
    return signal.aborted ? statusOfSignal(signal.reason) : judgement.exitStatus
  } finally {
    progress.stop()
  }
}
