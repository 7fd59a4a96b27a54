import { UsageError } from '../base/errors.ts'
import { exitStatus } from '../base/exit-status.ts'
import { judge } from '../judge/judgement.ts'
import { readFlags } from '../options/flags.ts'
import { reportJson } from '../report/json.ts'
import { reportText } from '../report/text/report-text.ts'
import { jsonText, openOutput, stdoutPlace } from '../results/output.ts'
import { readRuns } from '../results/read-runs.ts'
import { newRunId } from '../results/run-id.ts'

/** `report`: prints the reports of stored runs again. Exits with 0 whatever their verdicts are, as it only shows them. */
export async function reportCommand(argv: Readonly<Record<string, unknown>>): Promise<number> {
  const { report, jsonOut } = readFlags('report', argv)
  const folders = (argv['folders'] as readonly string[] | undefined) ?? []
  const [folder] = folders
  if (folder === undefined)
    throw new UsageError([
      { where: 'report', message: 'needs a run folder', hint: 'Pass one or more, for example results/latest.' },
    ])
  if (jsonOut !== undefined && folders.length > 1)
    throw new UsageError([
      { where: '--json-out', message: 'works with one run folder', got: `${folders.length}`, hint: 'Pass one folder.' },
    ])
  using json = jsonOut === undefined ? undefined : await openOutput(jsonOut)
  const printer = json?.place === stdoutPlace ? process.stderr : process.stdout
  // All are read first: a wrong folder must not leave half of the output.
  const runs = await readRuns(folders)
  for (const run of runs) {
    const judgement = judge(run)
    printer.write(reportText(run, judgement, report))
    await json?.write(jsonText(reportJson(run, judgement)), newRunId())
  }
  return exitStatus.passed
}
