import { UsageError } from '../base/errors.ts'
import { tryAll } from '../base/try-all.ts'
import { mergeProblems } from '../experiment/merge-checks.ts'
import { mergeRuns } from '../experiment/merge-runs.ts'
import { judge } from '../judge/judgement.ts'
import { readFlags } from '../options/flags.ts'
import { reportJson } from '../report/json.ts'
import { runJunit } from '../report/run-junit.ts'
import { reportText } from '../report/text/report-text.ts'
import { checkDifferent, jsonText, openOutput, stdoutPlace } from '../results/output.ts'
import { readRuns } from '../results/read-runs.ts'
import { checkNamedOnce } from '../results/run-folders.ts'
import { newRunId } from '../results/run-id.ts'
import { linkLatest, writeResults } from '../results/write-results.ts'

/** `merge`: merges the stored runs of several runners of one load into one run, judges it, and prints its report. */
export async function mergeCommand(argv: Readonly<Record<string, unknown>>): Promise<number> {
  const { out, report, jsonOut, junitOut } = readFlags('merge', argv)
  const folders = (argv['folders'] as readonly string[] | undefined) ?? []
  if (folders.length < 2) throw new UsageError(mergeProblems([]))
  using json = jsonOut === undefined ? undefined : await openOutput(jsonOut)
  using junit = junitOut === undefined ? undefined : await openOutput(junitOut)
  checkDifferent([
    ['--json-out', json],
    ['--junit-out', junit],
  ])
  await checkNamedOnce(folders)
  const runs = await readRuns(folders)
  const merged = mergeRuns(
    runs.map((run, at) => ({ folder: folders[at] as string, run })),
    newRunId(),
  )
  const judgement = judge(merged)
  const isStdoutTaken = [json, junit].some((output) => output?.place === stdoutPlace)
  const printer = isStdoutTaken ? process.stderr : process.stdout
  printer.write(reportText(merged, judgement, report))
  await tryAll([
    async () => {
      const folder = await writeResults(out, merged, judgement, reportText(merged, judgement, 'full'))
      process.stderr.write(`results in ${folder}\n`)
      const problem = await linkLatest(out, merged.id)
      if (problem !== undefined) process.stderr.write(`${problem}\n`)
    },
    async () => await json?.write(jsonText(reportJson(merged, judgement)), merged.id),
    async () => await junit?.write(runJunit(merged, judgement), merged.id),
  ])
  return judgement.exitStatus
}
