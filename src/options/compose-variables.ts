import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { UsageError } from '../base/errors.ts'
import type { Scenario } from '../model/scenario.ts'

/** The variables of the compose files that say what is asked for. */
export function scenarioVariables(scenario: Scenario): Record<string, string> {
  const {
    streams,
    chunks,
    delayMs,
    rampMs,
    timeoutS,
    idleS,
    content,
    faults = [],
    clientFaults = [],
    model,
    maxTokens,
    seed,
    firstStream = 0,
    warmUpStreams,
  } = scenario
  return {
    STREAMS: `${streams}`,
    ...(chunks !== undefined && { CHUNKS: `${chunks}` }),
    ...(delayMs !== undefined && { DELAY_MS: `${delayMs}` }),
    RAMP_MS: `${rampMs}`,
    TIMEOUT: `${timeoutS}`,
    IDLE_TIMEOUT: `${idleS}`,
    CONTENT: content,
    FAULTS: faults.join(' '),
    CLIENT_FAULTS: clientFaults.join(' '),
    MODEL: model,
    MAX_TOKENS: `${maxTokens}`,
    SEED: `${seed}`,
    FIRST_STREAM: `${firstStream}`,
    NO_WARM_UP: warmUpStreams === 0 ? '1' : '',
  }
}

/**
 * The variable that says what ccr-rust is built from, none where nothing is given. A folder is meant from here, not from
 * where the compose file is; anything with a scheme is a git URL. A UsageError, named after `where`, for a folder that has
 * no Cargo.toml.
 */
export function sourceVariable(given: string | undefined, where: string): Record<string, string> {
  if (!given) return {}
  if (/^[a-z][a-z0-9+.-]*:|^git@/i.test(given)) return { CCR_SOURCE: given }
  const folder = resolve(given)
  if (existsSync(join(folder, 'Cargo.toml'))) return { CCR_SOURCE: folder }
  const got = `${given} (no Cargo.toml in it)`
  throw new UsageError([{ where, message: 'must be the source folder of ccr-rust, or a git URL', got }])
}
