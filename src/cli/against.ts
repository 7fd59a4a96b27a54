import { describeProblem, type Problem, UsageError } from '../base/errors.ts'
import { exitStatus } from '../base/exit-status.ts'
import { version } from '../base/version.ts'
import { readMachine } from '../host/machine.ts'
import { compareRuns } from '../judge/compare.ts'
import { againstProblems, compareProblems, unusableBecause } from '../judge/compare-checks.ts'
import type { JudgedRun } from '../judge/compare-estimates.ts'
import type { DifferenceKind } from '../judge/compare-refusals.ts'
import type { Allowances } from '../judge/compare-verdicts.ts'
import type { Placement } from '../model/machine.ts'
import type { PlannedExperiment } from '../model/scenario.ts'
import { compareText } from '../report/compare.ts'
import { checkNamedOnce, runFolders } from '../results/run-folders.ts'
import { readJudged } from './compare.ts'

/** What `run --against` compares the new run with, and how. */
export interface Against {
  /** As the user wrote it: a run folder, a folder of run folders, or several separated by commas. */
  readonly operand: string
  readonly allowances: Allowances
  readonly allowDifferent: readonly DifferenceKind[]
}

/** What came of the comparison: what to print, and the exit status of the command. */
export interface AgainstResult {
  readonly text: string
  /** Whether `text` is an error. */
  readonly isRefused: boolean
  readonly exitStatus: number
}

/** Compares a run that has just been made. */
export type CompareWithBase = (changed: JudgedRun) => AgainstResult

/** Reads the runs to compare with before the new run starts, and refuses those that it will not be comparable with. */
export async function readBase(
  { operand, allowances, allowDifferent }: Against,
  { scenario, protocol, gatewayUrl, toxics }: PlannedExperiment,
  topology: Placement,
): Promise<CompareWithBase> {
  const problems: Problem[] = []
  const folders = await runFolders(operand, problems)
  if (problems.length > 0) throw new UsageError(problems)
  await checkNamedOnce(folders)
  const base = await readJudged(folders)
  const target = { baseUrl: gatewayUrl, protocol }
  const harness = { harnessVersion: version, machine: readMachine(), command: 'run' } as const
  const refused = againstProblems(base, { scenario, target, toxics, topology, ...harness }, allowDifferent)
  if (refused.length > 0) throw new UsageError(refused)
  return (changed) => {
    const { run, judgement } = changed
    const unusable = unusableBecause(run, judgement)
    if (unusable !== undefined) {
      // A run that says nothing about the gateway must not pass, and does not: its own status says why.
      const status = judgement.exitStatus === exitStatus.passed ? exitStatus.invalid : judgement.exitStatus
      return { text: `\nNot compared with ${operand}: ${unusable}.\n`, isRefused: false, exitStatus: status }
    }
    const different = compareProblems(base, [changed], allowDifferent)
    if (different.length > 0) {
      const text = different.map((problem) => `error: ${describeProblem(problem)}\n`).join('')
      return { text, isRefused: true, exitStatus: judgement.exitStatus || exitStatus.usage }
    }
    const comparison = compareRuns(base, [changed], allowances)
    return {
      text: `\nCompared with ${operand}:\n\n${compareText(comparison)}`,
      isRefused: false,
      exitStatus: judgement.exitStatus || comparison.exitStatus,
    }
  }
}
