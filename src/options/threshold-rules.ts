import type { Problem } from '../base/errors.ts'
import { nearest } from '../base/nearest.ts'
import { abortable, formatThreshold, parseThreshold } from '../judge/thresholds/threshold.ts'
import { phasesOf } from '../model/phase.ts'
import type { Scenario } from '../model/scenario.ts'

/** What is wrong with the thresholds of a scenario; each alone was checked before. `where` is the name of the option. */
export function thresholdProblems(scenario: Scenario, where: string, isAbortOnFail = false): readonly Problem[] {
  const problems: Problem[] = []
  const names = phasesOf(scenario).map(({ name }) => name)
  const thresholds = (scenario.thresholds ?? []).flatMap((text) => parseThreshold(text, []) ?? [])
  for (const { phase } of thresholds) {
    if (phase === undefined || names.includes(phase)) continue
    const near = nearest(phase, names)
    const hint = near === undefined ? undefined : `Did you mean ${near}?`
    problems.push({ where, message: `must name a phase of this load, ${names.join(' or ')}`, got: `"${phase}"`, hint })
  }
  const aborting = thresholds.find(({ abort }) => abort !== undefined)
  if (isAbortOnFail && aborting === undefined)
    problems.push({ where: '--abort-on-fail', message: `needs a --threshold with ${abortable}` })
  if (aborting && (scenario.faults?.length ?? 0) > 0)
    problems.push({
      where,
      message: 'cannot end a load with injected faults early: their failures are only told apart after the load',
      got: `"${formatThreshold(aborting)}"`,
      hint: 'Remove the faults, or do not abort.',
    })
  return problems
}
