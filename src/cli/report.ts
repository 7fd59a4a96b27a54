import { type Problem, UsageError } from '../base/errors.ts'
import { exitStatus } from '../base/exit-status.ts'
import { judgeCapacity } from '../judge/capacity/capacity.ts'
import { judge } from '../judge/judgement.ts'
import { judgeRounds } from '../judge/rounds/rounds.ts'
import type { Capacity } from '../model/capacity.ts'
import type { Run } from '../model/run.ts'
import { readFlags } from '../options/flags.ts'
import { dataWithoutSecrets } from '../process/secrets.ts'
import { capacityText } from '../report/capacity.ts'
import { capacityJson } from '../report/capacity-json.ts'
import { reportJson } from '../report/json.ts'
import type { ReportDetail } from '../report/report-detail.ts'
import { type Rounds, roundsJson, roundsJunit, roundsText } from '../report/rounds.ts'
import { runJunit } from '../report/run-junit.ts'
import { reportText } from '../report/text/report-text.ts'
import { capacityFolder, readCapacity } from '../results/capacity-file.ts'
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
  const reports: Report[] = []
  for (const name of folders)
    try {
      reports.push(await readReport(name, report))
    } catch (cause) {
      if (!(cause instanceof UsageError)) throw cause
      problems.push(...cause.problems)
    }
  if (junit && reports.some((stored) => stored.junit === undefined))
    problems.push({ where: '--junit-out', message: 'works with runs, not with a search for a capacity' })
  if (problems.length > 0) throw new UsageError(problems)
  for (const stored of reports) {
    printer.write(stored.text)
    await json?.write(jsonText(stored.json()), newRunId())
    await junit?.write(stored.junit?.() ?? '', newRunId())
  }
  return exitStatus.passed
}

/** A report as text, and in the formats for other programs. */
interface Report {
  readonly text: string
  readonly json: () => object
  /** Undefined for a search for a capacity: it has no verdict. */
  readonly junit?: () => string
}

/** The report of a run, of rounds, or of a search for a capacity. */
async function readReport(folder: string, detail: ReportDetail): Promise<Report> {
  const searched = await capacityFolder(folder)
  if (searched !== undefined) return ofCapacity(dataWithoutSecrets(await readCapacity(searched)))
  const rounds = await readRounds(folder)
  return rounds ? ofRounds(rounds, detail) : ofRun((await readRuns([folder]))[0] as Run, detail)
}

function ofCapacity(capacity: Capacity): Report {
  const judged = judgeCapacity(capacity)
  return { text: capacityText(capacity, judged), json: () => capacityJson(capacity, judged) }
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
