import { UsageError } from '../base/errors.ts'
import { exitStatus } from '../base/exit-status.ts'
import { judge } from '../judge/judgement.ts'
import { readFlags } from '../options/flags.ts'
import { reportJson } from '../report/json.ts'
import { runJunit } from '../report/run-junit.ts'
import { reportText } from '../report/text/report-text.ts'
import { checkDifferent, jsonText, openOutput, stdoutPlace } from '../results/output.ts'
import { readRuns } from '../results/read-runs.ts'
import { newRunId } from '../results/run-id.ts'

/** `report`: prints the reports of stored runs again. Exits with 0 whatever their verdicts are, as it only shows them. */
export async function reportCommand(argv: Readonly<Record<string, unknown>>): Promise<number> {
  const { report, jsonOut, junitOut } = readFlags('report', argv)
  const folders = (argv['folders'] as readonly string[] | undefined) ?? []
  const [folder] = folders
  if (folder === undefined)
    throw new UsageError([
      { where: 'report', message: 'needs a run folder', hint: 'Pass one or more, for example results/latest.' },
    ])
  const files = { '--json-out': jsonOut, '--junit-out': junitOut }
  const isMany = (flag: keyof typeof files) => files[flag] !== undefined && folders.length > 1
  const many = (['--json-out', '--junit-out'] as const).filter(isMany)
  const message = 'works with one run folder'
  if (many.length > 0)
    throw new UsageError(many.map((where) => ({ where, message, got: `${folders.length}`, hint: 'Pass one folder.' })))
  using json = jsonOut === undefined ? undefined : await openOutput(jsonOut)
  using junit = junitOut === undefined ? undefined : await openOutput(junitOut)
  checkDifferent([
    ['--json-out', json],
    ['--junit-out', junit],
  ])
  const isStdoutTaken = [json, junit].some((output) => output?.place === stdoutPlace)
  const printer = isStdoutTaken ? process.stderr : process.stdout
  // All are read first: a wrong folder must not leave half of the output.
  const runs = await readRuns(folders)
  for (const run of runs) {
    const judgement = judge(run)
    printer.write(reportText(run, judgement, report))
    await json?.write(jsonText(reportJson(run, judgement)), newRunId())
    await junit?.write(runJunit(run, judgement), newRunId())
  }
  return exitStatus.passed
}
