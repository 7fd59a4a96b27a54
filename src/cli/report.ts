import { type Problem, UsageError } from '../base/errors.ts'
import { exitStatus } from '../base/exit-status.ts'
import { judge } from '../judge/judgement.ts'
import { judgeRounds } from '../judge/rounds/rounds.ts'
import type { Run } from '../model/run.ts'
import { readFlags } from '../options/flags.ts'
import { reportJson } from '../report/json.ts'
import type { ReportDetail } from '../report/report-detail.ts'
import { type Rounds, roundsJson, roundsJunit, roundsText } from '../report/rounds.ts'
import { runJunit } from '../report/run-junit.ts'
import { reportText } from '../report/text/report-text.ts'
import { checkDifferent, jsonText, openOutput, stdoutPlace } from '../results/output.ts'
import { readRuns } from '../results/read-runs.ts'
import { readRounds } from '../results/rounds-folder.ts'
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
  const problems: Problem[] = []
  const read: (Rounds | Run)[] = []
  for (const name of folders)
    try {
      read.push((await readRounds(name)) ?? ((await readRuns([name]))[0] as Run))
    } catch (cause) {
      if (!(cause instanceof UsageError)) throw cause
      problems.push(...cause.problems)
    }
  if (problems.length > 0) throw new UsageError(problems)
  for (const stored of read) {
    const formatted = 'plan' in stored ? ofRounds(stored, report) : ofRun(stored, report)
    printer.write(formatted.text)
    await json?.write(jsonText(formatted.json()), newRunId())
    await junit?.write(formatted.junit(), newRunId())
  }
  return exitStatus.passed
}

/** A report as text, and in the formats for other programs. */
interface Report {
  readonly text: string
  readonly json: () => object
  readonly junit: () => string
}

function ofRun(run: Run, detail: ReportDetail): Report {
  const judgement = judge(run)
  return {
    text: reportText(run, judgement, detail),
    json: () => reportJson(run, judgement),
    junit: () => runJunit(run, judgement),
  }
}

function ofRounds(rounds: Rounds, detail: ReportDetail): Report {
  const judgement = judgeRounds(rounds.plan, rounds.runs, rounds)
  return {
    text: roundsText(rounds, judgement, detail),
    json: () => roundsJson(rounds, judgement),
    junit: () => roundsJunit(rounds, judgement),
  }
}
