import { type Problem, UsageError } from '../base/errors.ts'
import { allowancesOf } from '../judge/compare/allowance.ts'
import { compareProblems } from '../judge/compare/checks.ts'
import { type Comparison, compareRuns } from '../judge/compare/compare.ts'
import type { JudgedRun } from '../judge/compare/estimates.ts'
import { judge } from '../judge/judgement.ts'
import { readFlags } from '../options/flags.ts'
import { type CompareFormat, compareJson, compareMarkdown, compareText } from '../report/compare.ts'
import { jsonText, openOutput, stdoutPlace, withoutOldOutputs } from '../results/output.ts'
import { readRuns } from '../results/read-runs.ts'
import { checkNamedOnce, runFolders } from '../results/run-folders.ts'
import { newRunId } from '../results/run-id.ts'

/** `compare`: compares stored runs, and exits with 1 if NEW is worse than BASE. */
export async function compareCommand(argv: Readonly<Record<string, unknown>>): Promise<number> {
  const { allow, allowDifferent, format, jsonOut } = readFlags('compare', argv)
  const problems: Problem[] = []
  const allowances = allowancesOf(allow, problems)
  const [base, changed] = [operandOf(argv, 'base', problems), operandOf(argv, 'new', problems)]
  if (problems.length > 0) throw new UsageError(problems)
  using json = jsonOut === undefined ? undefined : await openOutput(jsonOut)
  return await withoutOldOutputs([json], async () => {
    const [baseRuns, changedRuns] = await readSides(base, changed)
    const refused = compareProblems(baseRuns, changedRuns, allowDifferent)
    if (refused.length > 0) throw new UsageError(refused)
    const comparison = compareRuns(baseRuns, changedRuns, allowances)
    const printer = json?.place === stdoutPlace ? process.stderr : process.stdout
    printer.write(formatted(comparison, format))
    await json?.write(jsonText(compareJson(comparison)), newRunId())
    return comparison.exitStatus
  })
}

function operandOf(argv: Readonly<Record<string, unknown>>, name: 'base' | 'new', problems: Problem[]): string {
  const value = argv[name]
  if (typeof value === 'string' && value !== '') return value
  const hint = 'Pass BASE and NEW: two run folders, or two folders of run folders.'
  problems.push({ where: 'compare', message: `needs ${name.toUpperCase()}`, hint })
  return ''
}

/** Reads the runs of both sides. Throws a UsageError with the problems of both. */
async function readSides(...operands: readonly [base: string, changed: string]): Promise<[JudgedRun[], JudgedRun[]]> {
  const problems: Problem[] = []
  const base = await runFolders(operands[0], problems)
  const changed = await runFolders(operands[1], problems)
  if (problems.length > 0) throw new UsageError(problems)
  await checkNamedOnce([...base, ...changed])
  const judged = await readJudged([...base, ...changed])
  return [judged.slice(0, base.length), judged.slice(base.length)]
}

/** Reads runs and judges them. */
export async function readJudged(folders: readonly string[]): Promise<JudgedRun[]> {
  const runs = await readRuns(folders)
  return runs.map((run, at) => ({ folder: folders[at] as string, run, judgement: judge(run) }))
}

function formatted(comparison: Comparison, format: CompareFormat): string {
  switch (format) {
    case 'text':
      return compareText(comparison)
    case 'json':
      return jsonText(compareJson(comparison))
    case 'markdown':
      return compareMarkdown(comparison)
  }
}
