import { join } from 'node:path'
import type { GatewayIdentity } from '../../model/gateway.ts'
import { childEnvironment } from '../../process/child-environment.ts'
import type { Host } from '../../process/host.ts'
import {
  type CommandInput,
  everyProtocol,
  type GatewayCommand,
  type GatewayDescriptor,
  type IdentityFacts,
  type TemplateValues,
} from '../descriptor.ts'
import { findCcrRust, locateCcrRust, waysToProvideCcrRust } from './find.ts'
import { readCcrRustInterface } from './interface.ts'

const configFile = 'ccr-rust.json'

/** ccr-rust, started from the user's binary or source. */
export const ccrRust: GatewayDescriptor = {
  product: 'ccr-rust',
  processName: 'ccr-rust',
  identity: ({ program, ...facts }) => ccrRustIdentity({ ...facts, location: program }),
  installation: {
    by: 'provided',
    howToGet: '--ccr-bin FILE, --ccr-source DIR, or ccr-rust on PATH',
    notInstallable: waysToProvideCcrRust,
    find: findCcrRust,
    locate: locateCcrRust,
  },
  protocols: everyProtocol,
  upstreamPath: '/v1',
  files: { [configFile]: ccrRustConfig },
  environment: environmentIn,
  command: startCommand,
  healthPath: '/health',
  settings: [],
  streamsOnTwoCores: 1200,
}

/** ccr-rust's configuration file: the mock is the only provider, and every request is routed to it. */
export function ccrRustConfig({ port, upstream, model, idleMs }: TemplateValues): string {
  // `provider,model`, as in requests, or only a model, which then belongs to the provider `mock`.
  const comma = model.indexOf(',')
  const provider = comma < 0 ? 'mock' : model.slice(0, comma)
  const name = comma < 0 ? model : model.slice(comma + 1)
  const config = {
    HOST: '127.0.0.1',
    PORT: port,
    API_TIMEOUT_MS: idleMs,
    Providers: [{ name: provider, api_base_url: upstream, api_key: 'dummy', models: [name] }],
    Router: { default: `${provider},${name}` },
  }
  return `${JSON.stringify(config, undefined, 2)}\n`
}

/** The identity of ccr-rust in a report, however it was started. */
export function ccrRustIdentity(facts: Omit<IdentityFacts, 'program' | 'url'> & { location: string }): GatewayIdentity {
  const { version, location, settings } = facts
  return { kind: 'ccr-rust', name: `ccr-rust ${version ?? '(version unknown)'}`, version, location, settings }
}

/** Describes the stream limit by the value of CCR_MAX_STREAMS that the user has set, if any. */
export function describeStreamLimit(value: string | undefined): string {
  if (!value) return 'stream limit disabled (CCR_MAX_STREAMS=0)'
  return `stream limit ${value === '0' ? 'disabled' : value} (CCR_MAX_STREAMS=${value} in the environment)`
}

function environmentIn(host: Host, home: string): NodeJS.ProcessEnv {
  const env = childEnvironment(host, ['RUST_LOG', 'RUST_BACKTRACE'])
  return { ...env, HOME: home, CCR_MAX_STREAMS: host.env['CCR_MAX_STREAMS'] || '0' }
}

async function startCommand({ program, home, port, env, host }: CommandInput): Promise<GatewayCommand> {
  const { version, portStyle, takesHost, hasStreamLimit } = await readCcrRustInterface(program, { ...host, env })
  const limit = hasStreamLimit
    ? describeStreamLimit(host.env['CCR_MAX_STREAMS'])
    : `CCR_MAX_STREAMS=${env['CCR_MAX_STREAMS']} is set, but ccr-rust's help mentions no stream limit`
  return {
    command: program,
    args: [
      ...['--config', join(home, configFile)],
      ...(portStyle === 'start --port' ? ['start'] : []),
      ...(takesHost ? ['--host', '127.0.0.1'] : []),
      ...['--port', String(port)],
    ],
    version,
    settings: [limit, ...(env['RUST_LOG'] ? [`RUST_LOG=${env['RUST_LOG']}`] : [])],
  }
}
