import { statusOfSignal } from '../base/exit-status.ts'
import type { ExperimentContext } from '../experiment/context.ts'
import { judge } from '../judge/judgement.ts'
import type { Run } from '../model/run.ts'
import type { Scenario } from '../model/scenario.ts'
import { wordsWithoutSecrets } from '../options/request-headers.ts'
import type { Host } from '../process/host.ts'
import { runWithoutSecrets } from '../process/secrets.ts'
import { reportJson } from '../report/json.ts'
import type { ReportDetail } from '../report/report-detail.ts'
import { reportText } from '../report/text/report-text.ts'
import { checkWritableFile, withoutOldOutputs, writeJsonOut } from '../results/json-out.ts'
import { newRunId } from '../results/run-id.ts'
import { checkWritable } from '../results/writable.ts'
import { writeResults } from '../results/write-results.ts'
import { createHost } from './host.ts'
import { plannedMs, showProgress } from './live-progress.ts'

/** Where a run writes its results. */
interface Outputs {
  readonly out: string
  readonly jsonOut?: string
  /** What to print. The folder gets the full report. */
  readonly report: ReportDetail
}

/**
 * Measures, judges, reports to stdout and files, and returns the exit status. Discards the old `--json-out` first: `measure` may refuse
 * the run.
 */
export async function runAndReport(outputs: Outputs, scenario: Scenario, measure: Measure): Promise<number> {
  const { out, jsonOut } = outputs
  if (jsonOut !== undefined) await checkWritableFile(jsonOut)
  return withoutOldOutputs(jsonOut === undefined ? [] : [jsonOut], async () => {
    await checkWritable(out)
    return await measureAndReport(outputs, scenario, measure)
  })
}

type Measure = (context: ExperimentContext, host: Host) => Promise<Run>

async function measureAndReport(
  { out, jsonOut, report }: Outputs,
  scenario: Scenario,
  measure: Measure,
): Promise<number> {
  const progress = showProgress(process.stderr, scenario.streams, plannedMs(scenario))
  using host = createHost(progress.onProgress)
  const { signal } = host
  try {
    const id = newRunId()
    const measured = await measure({ id, signal, ...progress }, host)
    progress.stop()
    const words = wordsWithoutSecrets(process.argv.slice(2))
    // A signal during the tear-down interrupts the run too.
    const interruptedBy = signal.aborted ? signal.reason : measured.interruptedBy
    // Everything that is printed or stored comes from here.
    const run: Run = runWithoutSecrets({ ...measured, words, interruptedBy })
    const judgement = judge(run)
    const text = reportText(run, judgement, report)
    // Printed first: a file that cannot be written must not suppress the report.
    process.stdout.write(text)
    const folder = await writeResults(out, run, judgement, reportText(run, judgement, 'full'))
    if (jsonOut !== undefined) await writeJsonOut(jsonOut, reportJson(run, judgement), run.id)
    process.stderr.write(`results in ${folder}\n`)
    // A signal while the files were written is an interrupt too.
    return signal.aborted ? statusOfSignal(signal.reason) : judgement.exitStatus
  } finally {
    progress.stop()
  }
}
