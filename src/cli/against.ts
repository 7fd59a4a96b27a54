import { describeProblem, type Problem, UsageError } from '../base/errors.ts'
import { exitStatus } from '../base/exit-status.ts'
import { version } from '../base/version.ts'
import { readMachine } from '../host/machine.ts'
import { againstProblems, compareProblems, unusableBecause } from '../judge/compare/checks.ts'
import { compareRuns } from '../judge/compare/compare.ts'
import type { JudgedRun } from '../judge/compare/estimates.ts'
import type { DifferenceKind } from '../judge/compare/refusals.ts'
import type { Allowances } from '../judge/compare/verdicts.ts'
import type { Placement } from '../model/machine.ts'
import type { PlannedExperiment } from '../model/scenario.ts'
import { compareText, resultLine } from '../report/compare.ts'
import type { ComparedCase } from '../report/run-junit.ts'
import { checkNamedOnce, runFolders } from '../results/run-folders.ts'
import { readJudged } from './compare.ts'

/** What `run --against` compares the new run with, and how. */
export interface Against {
  /** As the user wrote it: a run folder, a folder of run folders, or several separated by commas. */
  readonly operand: string
  readonly allowances: Allowances
  readonly allowDifferent: readonly DifferenceKind[]
}

/** What came of the comparison: what to print, the exit status of the command, and the case of its JUnit file. */
export interface AgainstResult {
  readonly text: string
  /** Whether `text` is an error. */
  readonly isRefused: boolean
  readonly exitStatus: number
  readonly junit: ComparedCase
}

/** Compares runs that have just been made. The exit status of a single one is that of the run if it did not pass. */
export type CompareWithBase = (...changed: readonly JudgedRun[]) => AgainstResult

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
  return (...changed) => {
    const [first, ...others] = changed
    // Several runs have a common verdict, which the caller knows.
    const own = first && others.length === 0 ? first.judgement.exitStatus : exitStatus.passed
    const [unusable] = changed.flatMap(({ run, judgement }) => unusableBecause(run, judgement) ?? [])
    if (unusable !== undefined) {
      // A run that says nothing about the gateway must not pass, and does not: its own status says why.
      const status = own === exitStatus.passed ? exitStatus.invalid : own
      const junit: ComparedCase = { operand, result: 'not-judged', why: unusable }
      return { text: `\nNot compared with ${operand}: ${unusable}.\n`, isRefused: false, exitStatus: status, junit }
    }
    const different = compareProblems(base, changed, allowDifferent)
    if (different.length > 0) {
      const lines = different.map(describeProblem)
      return {
        text: lines.map((line) => `error: ${line}\n`).join(''),
        isRefused: true,
        exitStatus: own || exitStatus.usage,
        junit: { operand, result: 'fail', why: lines.join('\n') },
      }
    }
    const comparison = compareRuns(base, changed, allowances)
    return {
      text: `\nCompared with ${operand}:\n\n${compareText(comparison)}`,
      isRefused: false,
      exitStatus: own || comparison.exitStatus,
      junit: { operand, result: comparison.verdict === 'worse' ? 'fail' : 'pass', why: resultLine(comparison) },
    }
  }
}
