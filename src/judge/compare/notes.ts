import { counted, percent } from '../../base/format.ts'
import { differencesOf } from './checks.ts'
import type { Method } from './difference.ts'
import { disturbanceOf } from './disturbance.ts'
import type { JudgedRun } from './estimates.ts'
import type { ComparedTime } from './metrics.ts'
import { unknownConditions } from './refusals.ts'
import type { MetricComparison } from './verdicts.ts'

/** A comparison, before anything is said about it. */
interface Compared {
  readonly base: readonly JudgedRun[]
  readonly changed: readonly JudgedRun[]
  readonly method: Method
  readonly metrics: readonly MetricComparison[]
}

/** How far a comparison can be trusted, one sentence each, the most important first. */
export function notesOn(compared: Compared): readonly string[] {
  const { base, changed, metrics } = compared
  const runs = [...base, ...changed]
  return [
    ...(metrics.some(({ verdict }) => verdict === 'not-judged')
      ? ['Times are not judged: the only run of a side was disturbed. Repeat it, or use several runs.']
      : []),
    methodNote(compared),
    ...overheadNote(metrics),
    ...directNote(metrics),
    ...disturbanceNotes(runs),
    ...differencesOf(base, changed).map(
      ({ difference: { name, base: before, changed: after }, folder }) =>
        `Not the same in all runs: ${name} is ${after} in ${folder} instead of ${before}.`,
    ),
    ...unknownNote(runs),
    ...missingNote(metrics),
  ]
}

/** Most disturbances that have a note each. */
const mostDisturbances = 2

function disturbanceNotes(runs: readonly JudgedRun[]): readonly string[] {
  const disturbances = runs.flatMap((run) => disturbanceOf(run) ?? [])
  if (disturbances.length <= mostDisturbances) return disturbances
  return [`${disturbances.length} of ${counted(runs.length, 'run')} were disturbed. ${disturbances[0]}`]
}

function methodNote({ base, changed, method }: Compared): string {
  switch (method) {
    case 'blocks':
      return 'One run each: the variation between runs is unknown. The intervals show the variation within the runs, so only large differences count (column allowed). Use several runs to detect smaller ones.'
    case 'pairs':
      return `${counted(base.length, 'pair')} of runs that took turns. The intervals come from the differences within the pairs.`
    case 'runs':
      return `${counted(base.length, 'run')} and ${counted(changed.length, 'run')} that did not take turns: a change of the machine between them looks like a change of the gateway. The intervals show the variation between runs.`
  }
}

const withBaseline: readonly ComparedTime[] = ['ttft', 'interChunk', 'transit']

function overheadNote(metrics: Compared['metrics']): readonly string[] {
  const times = metrics.filter(
    ({ name, difference }) => difference !== undefined && withBaseline.some((time) => name.startsWith(`${time}.`)),
  )
  if (times.length === 0) return []
  if (times.every(({ isOverhead }) => isOverhead))
    return [
      'TTFT, inter-chunk latency and transit are compared as overhead, so that the speed of the machine mostly cancels out. Their shares are of the value through the gateway in BASE.',
    ]
  return [
    'Some times are compared as measured, because not every run has a direct baseline: the speed of the machine is part of them.',
  ]
}

function directNote(metrics: Compared['metrics']): readonly string[] {
  const shown = metrics.filter(({ directShare }) => directShare !== undefined)
  if (shown.length === 0) return []
  const list = shown.map(({ label, directShare = 0 }) => `${label} ${percent(directShare)}`).join(', ')
  return [
    `The load without the gateway changed too (${list}): the machine was not the same. Only larger changes of the gateway count.`,
  ]
}

function unknownNote(runs: readonly JudgedRun[]): readonly string[] {
  const unknown = runs.filter((run) => unknownConditions(run).length > 0)
  if (unknown.length === 0) return []
  const kinds = [...new Set(unknown.flatMap(unknownConditions))].join(' and ')
  return [
    `Not checked: an earlier version made ${unknown.map(({ folder }) => folder).join(', ')} and did not store the ${kinds}.`,
  ]
}

function missingNote(metrics: Compared['metrics']): readonly string[] {
  const missing = metrics.filter(({ difference }) => difference === undefined).map(({ label }) => label)
  if (missing.length === 0) return []
  return [`Not compared, because not every run has a value: ${missing.join(', ')}.`]
}
