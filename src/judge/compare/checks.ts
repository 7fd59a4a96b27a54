import type { Problem } from '../../base/errors.ts'
import type { Run } from '../../model/run.ts'
import type { JudgedRun } from './estimates.ts'
import {
  type DifferenceKind,
  type PlannedRun,
  plannedDifferences,
  type RunDifference,
  runDifferences,
} from './refusals.ts'

/** Why runs cannot be compared, one problem each; empty if they can. Their times would otherwise differ for other reasons. */
export function compareProblems(
  base: readonly JudgedRun[],
  changed: readonly JudgedRun[],
  allowed: readonly DifferenceKind[],
): readonly Problem[] {
  return [
    ...sameRuns([...base, ...changed]),
    ...[...base, ...changed].flatMap(unusable),
    ...mixedGateways('BASE', base),
    ...mixedGateways('NEW', changed),
    ...differenceProblems(base, changed, allowed),
  ]
}

/** Why the runs of BASE cannot be compared with a run that is about to start. */
export function againstProblems(
  base: readonly JudgedRun[],
  planned: PlannedRun,
  allowed: readonly DifferenceKind[],
): readonly Problem[] {
  const [first] = base
  const withPlanned = first ? plannedDifferences(first.run, planned).map((difference) => ({ difference, first })) : []
  return [
    ...compareProblems(base, [], allowed),
    ...withPlanned
      .filter(({ difference }) => !allowed.includes(difference.kind))
      .map(({ difference, first: { folder } }) => problemOf(difference, folder, 'this run')),
  ]
}

function sameRuns(runs: readonly JudgedRun[]): readonly Problem[] {
  const folders = new Map<string, string>()
  return runs.flatMap(({ folder, run: { id } }) => {
    const earlier = folders.get(id)
    folders.set(id, folder)
    if (earlier === undefined) return []
    return [{ where: folder, message: `is the same run as ${earlier} (run ${id})`, hint: 'Pass different runs.' }]
  })
}

/** Whether a run says what its gateway can do. */
function unusable({ folder, run, judgement }: JudgedRun): readonly Problem[] {
  const message = unusableBecause(run, judgement)
  return message === undefined ? [] : [{ where: folder, message, hint: 'Repeat the run.' }]
}

/** Why a run cannot be compared with any other; undefined if it can. */
export function unusableBecause(run: Run, { verdict, timing, reasons }: JudgedRun['judgement']): string | undefined {
  if (run.interruptedBy) return `the run was interrupted by ${run.interruptedBy}`
  const [why = 'the harness was the bottleneck'] = verdict === 'invalid' ? reasons : timing.reasons
  if (verdict === 'invalid' || timing.state === 'invalid') return `the run is invalid: ${why.replace(/\.$/, '')}`
  if (run.stopped) return `the run ended in its phase ${run.stopped.phase}`
  if (run.abortedBy) return `the threshold ${run.abortedBy.threshold} ended its load early`
  return undefined
}

/** All runs of one side must be of one gateway: their mean would be of none. */
function mixedGateways(side: string, [first, ...others]: readonly JudgedRun[]): readonly Problem[] {
  if (!first) return []
  const nameOf = ({ run: { gateway } }: JudgedRun) => [gateway.kind, gateway.name, gateway.version].join(' ')
  const mixed = others.find((run) => nameOf(run) !== nameOf(first))
  if (!mixed) return []
  const message = `is of another gateway than ${first.folder}: ${mixed.run.gateway.name} and ${first.run.gateway.name}`
  return [{ where: mixed.folder, message, hint: `Pass runs of one gateway as ${side}.` }]
}

/** Every run is compared with the first one; what differs in several runs is one problem. */
function differenceProblems(
  base: readonly JudgedRun[],
  changed: readonly JudgedRun[],
  allowed: readonly DifferenceKind[],
): readonly Problem[] {
  const refused = differencesOf(base, changed).filter(({ difference }) => !allowed.includes(difference.kind))
  const [first] = base
  return first ? refused.map(({ difference, folder }) => problemOf(difference, first.folder, folder)) : []
}

/** Every way in which runs differ, with the first run that differs in this way. */
export function differencesOf(
  base: readonly JudgedRun[],
  changed: readonly JudgedRun[],
): readonly { readonly difference: RunDifference; readonly folder: string }[] {
  const [first, ...others] = [...base, ...changed]
  const differences = new Map<string, { readonly difference: RunDifference; readonly folder: string }>()
  for (const { folder, run } of first ? others : [])
    for (const difference of runDifferences((first as JudgedRun).run, run)) {
      const key = JSON.stringify(difference)
      if (!differences.has(key)) differences.set(key, { difference, folder })
    }
  return [...differences.values()]
}

function problemOf({ kind, name, base, changed }: RunDifference, first: string, folder: string): Problem {
  return {
    where: folder,
    message: `not comparable with ${first}: ${name} is ${changed} instead of ${base}`,
    hint: `To compare anyway, pass --allow-different ${kind}.`,
  }
}
