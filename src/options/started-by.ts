import type { Run } from '../model/run.ts'
import { shellQuoted } from '../report/rerun.ts'
import type { Option } from './option.ts'
import { urlWithoutCredentials } from './request-headers.ts'
import { options } from './table.ts'

type StartedBy = NonNullable<Run['startedBy']>

/** The process of a command: its arguments, and where it runs. */
interface CommandProcess {
  readonly words: readonly string[]
  readonly env: NodeJS.ProcessEnv
  /** The path of this program's script, and whether the working directory is the checkout that it is in. */
  readonly script: string
  readonly isInCheckout: boolean
}

/** The variable in which the compose file lists the variables that the user set: `NAME=value`, one per line. */
const composeVariables = 'CCR_SSE_STRESS_VARIABLES'

/** Overrides of the compose file, in the order in which they apply. Each names itself in a variable with this prefix. */
const composeOverrides = ['REFERENCE', 'DIRECT', 'RUNNER_GATEWAY', 'GATEWAY_MOCK']
const composeOverride = 'CCR_SSE_STRESS_OVERRIDE_'

/** Whether this process is the runner in a container of the compose file. */
export function isStartedByCompose(env: NodeJS.ProcessEnv): boolean {
  return env[composeVariables] !== undefined
}

/** How the user started a command, for the rerun line of the report. */
export function startedBy(command: CommandProcess): StartedBy {
  const { words, env, script, isInCheckout } = command
  if (isStartedByCompose(env)) return startedByCompose(words, env)
  const variables = variablesOf(words, env)
  return {
    program: programOf(script, isInCheckout),
    ...(Object.keys(variables).length > 0 && { variables }),
    options: 'arguments',
  }
}

function programOf(script: string, isInCheckout: boolean): string {
  // In a checkout there is no program that npx could find, and npm finds the Node.js that `npm ci` installed.
  if (isInCheckout) return 'npm run -s cli --'
  return script.endsWith('.ts') ? `node ${shellQuoted(script)}` : 'npx ccr-sse-stress'
}

function startedByCompose(words: readonly string[], env: NodeJS.ProcessEnv): StartedBy {
  const overrides = composeOverrides.flatMap((name) => env[`${composeOverride}${name}`] ?? [])
  const files = overrides.length === 0 ? [] : ['docker-compose.yml', ...overrides].flatMap((file) => ['-f', file])
  const compose = ['docker', 'compose', ...files].map(shellQuoted).join(' ')
  const lines = (env[composeVariables] ?? '').split('\n').filter((line) => line.includes('='))
  const variables = Object.fromEntries(
    lines.map((line) => {
      const at = line.indexOf('=')
      return [line.slice(0, at), urlWithoutCredentials(line.slice(at + 1))]
    }),
  )
  // Otherwise the words are those of `docker compose run`, and the user's own.
  const isUp = words[0] === 'run' && words[1] === '--topology=standing'
  return {
    program: isUp ? `${compose} up --build --abort-on-container-exit` : `${compose} run --rm runner`,
    ...(lines.length > 0 && { variables }),
    options: isUp ? 'variables' : 'arguments',
  }
}

/** Variables of the containers that are also read from the environment of `run`, with the flags that replace them. */
const flaggedVariables = ['ccrSource', 'ccrCpus', 'ccrMemoryMb', 'ccrPids'] as const

/** Variables that are set by this program, or by the engine. */
const ownVariables: readonly string[] = [options.owner.env, options.composeProject.env]

/** The environment variables that this command line depends on. */
function variablesOf(words: readonly string[], env: NodeJS.ProcessEnv): Record<string, string> {
  if (words[0] !== 'run') return {}
  const has = (flag: string) => words.some((argument) => argument === `--${flag}` || argument.startsWith(`--${flag}=`))
  const isContained = /(^| )--topology[= ](compose|testcontainers)( |$)/.test(words.join(' '))
  const flagged = flaggedVariables.flatMap((key) => (has(options[key].name) ? [] : [options[key].env]))
  const unflagged = Object.values<Option>(options).flatMap(({ name, env: variable, group }) =>
    variable === undefined || name !== undefined || group === 'Wire faults' ? [] : [variable],
  )
  const names = isContained
    ? [...flagged, ...unflagged.filter((name) => !ownVariables.includes(name))]
    : [...(has(options.ccrBin.name) ? [] : ['CCR_BIN']), ...flagged.filter((name) => name === options.ccrSource.env)]
  return Object.fromEntries(names.flatMap((name) => (env[name] ? [[name, urlWithoutCredentials(env[name])]] : [])))
}
