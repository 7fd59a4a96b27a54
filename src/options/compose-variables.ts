import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { UsageError } from '../base/errors.ts'
import { formatKind } from '../model/mix-text.ts'
import type { Experiment, Scenario } from '../model/scenario.ts'
import { withoutSecrets } from '../process/secrets.ts'
import { formatPhase } from './load-text.ts'
import { options } from './table.ts'

/** The variables of the compose files for a scenario. An unset member has no variable, so that the file's default applies. */
export function scenarioVariables(scenario: Scenario): Record<string, string> {
  const { faults = [], clientFaults = [], firstStream = 0, warmUpStreams, drainLimitS = 0, ...named } = scenario
  // Headers never go into containers.
  const {
    name: _,
    headerNames: __,
    phases = [],
    mix = [],
    streams,
    rampMs,
    thresholds = [],
    goodput = [],
    ...others
  } = named
  // Phases say how many streams start and when; the variables of a burst then keep their defaults.
  const burst = phases.length > 0 ? {} : { streams, rampMs }
  // The words of a list are separated by spaces.
  const limits = { thresholds: thresholds.map(withoutSpaces), goodput: goodput.map(withoutSpaces) }
  const values = {
    ...burst,
    ...others,
    ...limits,
    phases: phases.map(formatPhase),
    mix: mix.map(formatKind),
    faults,
    clientFaults,
    firstStream,
  }
  const variables = Object.entries(values).flatMap(([key, value]) => {
    if (value === undefined) return []
    const { env } = options[key as keyof typeof values]
    return [[env, Array.isArray(value) ? value.join(' ') : `${value}`]]
  })
  return { ...Object.fromEntries(variables), [options.noWarmUp.env]: warmUpStreams === 0 ? '1' : '' }
}

function withoutSpaces(text: string): string {
  return text.replaceAll(' ', '')
}

/** The variables of the compose files for an experiment with this number of workers. */
export function experimentVariables({ scenario, protocol, baseline = true }: Experiment, workers: number) {
  return {
    ...scenarioVariables(scenario),
    [options.protocol.env]: protocol,
    [options.drainLimitS.env]: `${scenario.drainLimitS ?? 0}`,
    [options.noBaseline.env]: baseline ? '' : '1',
    [options.workers.env]: `${workers}`,
  }
}

/**
 * The variable for the source of ccr-rust; none if no source is given. A folder is relative to the working directory, not to the
 * compose file; anything with a scheme is a git URL. Throws a UsageError, with the name `where`, if a folder has no Cargo.toml.
 */
export function sourceVariable(source: string | undefined, where: string): Record<string, string> {
  if (!source) return {}
  if (/^[a-z][a-z0-9+.-]*:|^git@/i.test(source)) return { [options.ccrSource.env]: source }
  const folder = resolve(source)
  if (existsSync(join(folder, 'Cargo.toml'))) return { [options.ccrSource.env]: folder }
  const message = 'must be the source folder of ccr-rust, or a git URL'
  throw new UsageError([{ where, message, got: `${withoutSecrets(source)} (no Cargo.toml in it)` }])
}
