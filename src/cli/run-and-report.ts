import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { tryAll } from '../base/try-all.ts'
import type { ExperimentContext } from '../experiment/context.ts'
import { judge } from '../judge/judgement.ts'
import type { Run } from '../model/run.ts'
import type { Scenario } from '../model/scenario.ts'
import { wordsWithoutSecrets } from '../options/request-headers.ts'
import { startedBy } from '../options/started-by.ts'
import { options } from '../options/table.ts'
import { typicalOf } from '../plan/mix.ts'
import type { Host } from '../process/host.ts'
import { runWithoutSecrets } from '../process/secrets.ts'
import { reportJson } from '../report/json.ts'
import type { ReportDetail } from '../report/report-detail.ts'
import { runJunit } from '../report/run-junit.ts'
import { reportText } from '../report/text/report-text.ts'
import { checkDifferent, jsonText, type Output, openOutput, stdoutPlace, withoutOldOutputs } from '../results/output.ts'
import { newRunId } from '../results/run-id.ts'
import { checkWritable } from '../results/writable.ts'
import { linkLatest, writeResults } from '../results/write-results.ts'
import type { AgainstResult, CompareWithBase } from './against.ts'
import { createHost, sayIfKilled } from './host.ts'
import { showProgress } from './live-progress.ts'

/** Where a run writes its results. */
interface Outputs {
  readonly out: string
  readonly jsonOut?: string
  readonly junitOut?: string
  /** What to print. The folder gets the full report. */
  readonly report: ReportDetail
  /** Compares the run with earlier ones. Absent: it is not compared. */
  readonly compare?: CompareWithBase
  /** The flags of a scenario file as words of a command line; absent: there is no file. */
  readonly fileWords?: readonly string[]
}

/**
 * Measures, judges, reports to stdout and files, and returns the exit status. Discards the old `--json-out` and `--junit-out` first: `measure` may
 * refuse the run.
 */
export function runAndReport(outputs: Outputs, scenario: Scenario, measure: Measure): Promise<number> {
  return withOutputs(outputs, (opened) => measureAndReport(opened, scenario, measure))
}

/** Opens the outputs of a command for `work`, without what an earlier run wrote to them. */
export async function withOutputs<T>(outputs: Outputs, work: (opened: OpenOutputs) => Promise<T>): Promise<T> {
  const { out, jsonOut, junitOut, report, compare, fileWords } = outputs
  using json = jsonOut === undefined ? undefined : await openOutput(jsonOut)
  using junit = junitOut === undefined ? undefined : await openOutput(junitOut)
  checkDifferent([
    ['--json-out', json],
    ['--junit-out', junit],
  ])
  return await withoutOldOutputs([json, junit], async () => {
    await checkWritable(out)
    // Whatever is written to stdout for other programs must be alone there.
    const printer = [json, junit].some((output) => output?.place === stdoutPlace) ? process.stderr : process.stdout
    return await work({ out, json, junit, report, compare, fileWords, printer })
  })
}

/** Starts or finds a topology, and measures its gateway. */
export type Measure = (context: ExperimentContext, host: Host) => Promise<Run>

/** The outputs of a command while it runs. */
export interface OpenOutputs extends Pick<Outputs, 'out' | 'report' | 'compare' | 'fileWords'> {
  readonly json: Output | undefined
  readonly junit: Output | undefined
  /** Where people read the report. */
  readonly printer: NodeJS.WritableStream
}

async function measureAndReport(
  { out, json, junit, report, compare, fileWords, printer }: OpenOutputs,
  scenario: Scenario,
  measure: Measure,
): Promise<number> {
  const progress = showProgress(process.stderr, typicalOf(scenario))
  using host = createHost(progress.onProgress)
  try {
    const run = await measureRun(measure, { out, fileWords, host, progress })
    const judgement = judge(run)
    sayIfKilled(host, `the results in ${join(out, run.id)}`)
    const text = reportText(run, judgement, report)
    // Printed first: a file that cannot be written must not suppress the report.
    printer.write(text)
    let compared: AgainstResult | undefined
    await tryAll([
      async () => {
        const folder = await writeResults(out, run, judgement, reportText(run, judgement, 'full'))
        process.stderr.write(`results in ${folder}\n`)
        const problem = await linkLatest(out, run.id)
        if (problem !== undefined) process.stderr.write(`${problem}\n`)
      },
      // After the results are safe.
      async () => {
        compared = compare?.({ folder: join(out, run.id), run, judgement })
        if (compared) (compared.isRefused ? process.stderr : printer).write(compared.text)
      },
      async () => await json?.write(jsonText(reportJson(run, judgement)), run.id),
      async () => await junit?.write(runJunit(run, judgement, compared?.junit), run.id),
    ])
    return compared?.exitStatus ?? judgement.exitStatus
  } finally {
    progress.stop()
  }
}

/** One run as everything that is printed or stored shows it. Its folder will be below `out`. */
export async function measureRun(
  measure: Measure,
  {
    out,
    fileWords,
    host,
    progress,
  }: Pick<Outputs, 'out' | 'fileWords'> & {
    readonly host: ReturnType<typeof createHost>
    readonly progress: ReturnType<typeof showProgress>
  },
): Promise<Run> {
  const { signal } = host
  const context = { id: newRunId(), spool: { out }, signal, ...progress }
  const measured = await measure(context, host).finally(() => host.throwUncaught())
  progress.stop()
  const { words, startedBy } = readCommand(fileWords)
  // A signal during the tear-down interrupts the run too. From here on, the run is complete: what is printed, what is stored and the
  // exit status say the same, whatever signal arrives while the files are written. A second one ends this process.
  const interruptedBy = signal.aborted ? signal.reason : measured.interruptedBy
  return runWithoutSecrets({ ...measured, words, startedBy, interruptedBy })
}

/** The root of the checkout that this file is in. */
const root = fileURLToPath(new URL('../..', import.meta.url))

/**
 * The command line of this process and how it was started, without secrets. With the flags of the scenario file in place of its name: the
 * file may change, and a rerun replaces some of them.
 */
function readCommand(fileWords: readonly string[] | undefined): Pick<Run, 'words' | 'startedBy'> {
  const [, script = '', ...typed] = process.argv
  const words = fileWords ? [...withoutScenario(typed), ...fileWords] : typed
  const isInCheckout = import.meta.filename.endsWith('.ts') && resolve(process.cwd()) === resolve(root)
  return {
    words: wordsWithoutSecrets(words),
    startedBy: startedBy({ words, env: process.env, script, isInCheckout }),
  }
}

/** The words of a command line without `--scenario`. */
function withoutScenario(words: readonly string[]): readonly string[] {
  const flag = `--${options.scenario.name}`
  return words.filter((argument, index) => {
    const isValue = words[index - 1] === flag
    return argument !== flag && !argument.startsWith(`${flag}=`) && !isValue
  })
}
