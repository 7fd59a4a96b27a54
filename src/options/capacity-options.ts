import { availableParallelism } from 'node:os'
import type { Problem } from '../base/errors.ts'
import { streamBounds } from '../host/capacity.ts'
import { readLimits } from '../host/limits.ts'
import { defaultStepS, stepThresholds } from '../judge/capacity/step.ts'
import type { Capacity, CapacityKind } from '../model/capacity.ts'
import { streamDurationS } from '../model/phase.ts'
import type { StepSize } from './capacity-text.ts'
import { readFlags, type Values } from './flags.ts'
import { withGatewayDefaults } from './installed-gateway.ts'
import { type RunOptions, runOptionsOf } from './run-options.ts'
import { defaultWarmUpStreams } from './scenario.ts'

/** The command line of `capacity`, checked. */
export interface CapacityOptions {
  /** What all steps share, and where they run. */
  readonly run: RunOptions
  /** The search that the flags describe. */
  readonly plan: Pick<
    Capacity,
    'of' | 'search' | 'protocol' | 'scenario' | 'toxics' | 'thresholds' | 'cores' | 'machineLimit'
  >
  readonly needsUnloaded: boolean
  /** The folder or file of a search to continue. */
  readonly resume?: string
}

/** Reads the command line of `capacity`. Throws a UsageError with all problems. */
export function readCapacityOptions(argv: Readonly<Record<string, unknown>>, env: NodeJS.ProcessEnv): CapacityOptions {
  const values = withGatewayDefaults(readFlags('capacity', argv), argv)
  const { capacityOf, searchFrom, searchTo, precision, repeatStep, stepDuration, maxDuration, resume } = values
  const of = capacityOf
  const stepS = stepDuration ?? defaultStepS(values)
  const problems = [
    ...stepProblems('--from', searchFrom, of),
    ...stepProblems('--to', searchTo, of),
    ...rangeProblems(values, stepS),
  ]
  // Mock and containers start once, for the largest step.
  const streams = of === 'streams' ? Math.ceil(searchTo.value) : 1
  const run = runOptionsOf({ ...readFlags('run', {}), ...values, streams }, env, { known: problems })
  const { scenario, protocol, toxics } = run.experiment
  const { thresholds, needsUnloaded } = stepThresholds(scenario.thresholds ?? [])
  const search = {
    from: searchFrom.value,
    to: searchTo.value,
    precision,
    repeat: repeatStep,
    maxDurationS: maxDuration,
  }
  const isOverheadLimited = thresholds.some((text) => text.startsWith('overhead'))
  return {
    run: { ...run, experiment: { ...run.experiment, baseline: isOverheadLimited } },
    plan: {
      of,
      search: { ...search, stepS },
      protocol,
      // Each step has its own load and thresholds, and at most as many warm-up streams as streams.
      scenario: {
        ...scenario,
        streams: 1,
        rampMs: 0,
        warmUpStreams: values.noWarmUp ? 0 : defaultWarmUpStreams,
        thresholds: undefined,
      },
      toxics,
      thresholds,
      cores: availableParallelism(),
      machineLimit: machineLimit(of, searchTo.value, run),
    },
    needsUnloaded,
    resume,
  }
}

/** The most streams that this machine can open, if these are fewer than the largest step. */
function machineLimit(
  of: CapacityKind,
  to: number,
  { descriptorsPerStream }: Pick<RunOptions, 'descriptorsPerStream'>,
): Capacity['machineLimit'] {
  const [tightest] = streamBounds(readLimits(), descriptorsPerStream)
  if (of !== 'streams' || tightest === undefined || tightest.streams >= to) return undefined
  return { streams: tightest.streams, why: tightest.why }
}

function stepProblems(where: string, { value, isRate }: StepSize, of: CapacityKind): readonly Problem[] {
  if (of === 'rate' || (Number.isInteger(value) && !isRate)) return []
  const message = 'must be a whole number of streams'
  return [{ where, message, got: `${value}${isRate ? '/s' : ''}`, hint: 'With --of rate, it is a rate.' }]
}

function rangeProblems(values: Values<'capacity'>, stepS: number): readonly Problem[] {
  const { searchFrom, searchTo, maxDuration } = values
  const problems: Problem[] = []
  if (searchFrom.value > searchTo.value)
    problems.push({
      where: '--from',
      message: `must not be larger than --to (from is ${searchFrom.value}, to is ${searchTo.value})`,
    })
  const leastS = stepS + (streamDurationS(values) ?? 0)
  if (maxDuration <= leastS)
    problems.push({
      where: '--max-duration',
      message: `must be longer than one step, ${leastS} s (maximum duration is ${maxDuration} s)`,
    })
  return problems
}
