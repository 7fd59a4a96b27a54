import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type ComposeExperiment, stressInCompose } from '../compose-experiment.ts'
import { UsageError } from '../errors.ts'
import { type ExperimentContext, type Planned, stressTopology } from '../experiment.ts'
import { known } from '../known.ts'
import type { Run } from '../run.ts'
import { startLocalTopology } from '../topology/local.ts'
import { findStandingTopology } from '../topology/standing.ts'
import { createLog } from './log.ts'
import type { RunValues } from './run.ts'

/** Does a run in the topology that `--topology` names. */
export function measureIn(
  values: RunValues,
  planned: Planned,
  context: ExperimentContext,
  killSignal: AbortSignal,
): Promise<Run> {
  const { gateway } = values
  const { onPhase: onProgress, signal } = context
  const local = () =>
    startLocalTopology({
      gateway,
      ...known({ ccrBin: values['ccr-bin'], ccrSource: values['ccr-source'] }),
      mockPort: values['mock-port'],
      ccrPort: values['ccr-port'],
      chunks: values.chunks,
      delayMs: values['delay-ms'],
      model: values.model,
      env: process.env,
      cli: { execPath: process.execPath, script: process.argv[1] ?? '' },
      log: createLog('warn'),
      onProgress,
      signal,
      killSignal,
    })
  const standing = () => {
    const mockUrl = values['mock-url'] ?? `http://127.0.0.1:${values['mock-port']}`
    return findStandingTopology({ gateway, gatewayUrl: planned.gatewayUrl, mockUrl, onProgress, signal })
  }
  switch (values.topology) {
    case 'local':
      return stressTopology(local, planned, context)
    case 'standing':
      return stressTopology(standing, planned, context)
    case 'compose':
      return stressInCompose(composeExperiment(values), planned, context)
  }
}

/** Below it are the compose files, beside `src` as beside `dist`. */
const root = new URL('../../', import.meta.url)

function composeExperiment(values: RunValues): ComposeExperiment {
  const { gateway } = values
  const overrides = { auto: [], 'ccr-rust': [], reference: ['reference'], direct: ['direct'] }[gateway]
  const files = ['docker-compose.yml', ...overrides.map((name) => `docker-compose.${name}.yml`)]
  const given = overrides.length > 0 ? undefined : (values['ccr-source'] ?? process.env['CCR_SOURCE'])
  const source = sourceOf(given)
  return {
    files: files.map((name) => fileURLToPath(new URL(name, root))),
    variables: {
      STREAMS: `${values.streams}`,
      CHUNKS: `${values.chunks}`,
      DELAY_MS: `${values['delay-ms']}`,
      RAMP_MS: `${values['ramp-ms']}`,
      TIMEOUT: `${values.timeout}`,
      MODEL: values.model,
      MAX_TOKENS: `${values['max-tokens']}`,
      SEED: `${values.seed}`,
      MOCK_PORT: `${values['mock-port']}`,
      CCR_PORT: `${values['ccr-port']}`,
      NO_WARM_UP: values['no-warm-up'] ? '1' : '',
      ...(source && { CCR_SOURCE: source }),
    },
    hasGateway: gateway !== 'direct',
    env: process.env,
    log: createLog('warn'),
  }
}

/** A folder is meant from here, not from where the compose file is; anything with a scheme is a git URL. */
function sourceOf(given: string | undefined): string | undefined {
  if (!given || /^[a-z][a-z0-9+.-]*:|^git@/i.test(given)) return given
  const folder = resolve(given)
  if (existsSync(join(folder, 'Cargo.toml'))) return folder
  throw new UsageError([
    {
      where: '--ccr-source',
      expected: 'the source folder of ccr-rust, or a git URL',
      got: `${given} (no Cargo.toml in it)`,
    },
  ])
}
