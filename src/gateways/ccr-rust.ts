import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { known } from '../base/known.ts'
import type { GatewayIdentity } from '../model/gateway.ts'
import type { ChildOptions } from '../process/child.ts'
import type { Log } from '../process/host.ts'
import { type CcrRustConfig, ccrRustConfig } from './ccr-rust-config.ts'
import { askCcrRust, type CcrRustInterface } from './ccr-rust-interface.ts'

/** A ccr-rust that is to be started: the binary, what it is configured for, and the folder that it may write to. */
export interface CcrRustOptions extends CcrRustConfig {
  readonly binary: string
  readonly folder: string
  readonly env: NodeJS.ProcessEnv
  readonly log: Log
  readonly signal: AbortSignal
}

/** How one gateway is started, and what it is. */
export interface GatewayLaunch extends Pick<ChildOptions, 'name' | 'command' | 'args' | 'env' | 'cwd' | 'channel'> {
  readonly identity: GatewayIdentity
}

/** Writes the configuration and asks the binary how it is started. */
export async function launchOfCcrRust(options: CcrRustOptions): Promise<GatewayLaunch> {
  const { binary, folder } = options
  const env = environmentOf(options.env, folder)
  const config = join(folder, 'ccr-rust.json')
  const [asked] = await Promise.all([
    askCcrRust(binary, { env, log: options.log, signal: options.signal }),
    writeFile(config, ccrRustConfig(options), { mode: 0o600 }),
  ])
  const listen = [...(asked.takesHost ? ['--host', '127.0.0.1'] : []), '--port', String(options.port)]
  return {
    name: 'ccr-rust',
    command: binary,
    args: ['--config', config, ...(asked.portStyle === 'start --port' ? ['start'] : []), ...listen],
    env,
    cwd: folder,
    identity: known<GatewayIdentity>({
      kind: 'ccr-rust',
      name: `ccr-rust ${asked.version ?? '(version unknown)'}`,
      version: asked.version,
      location: binary,
      settings: settingsOf(asked, options.env),
    }),
  }
}

function environmentOf(env: NodeJS.ProcessEnv, folder: string): NodeJS.ProcessEnv {
  // A proxy would come between gateway and mock, and the XDG folders would let it write outside of its own.
  const kept = Object.entries(env).filter(([name]) => !/_proxy$|^XDG_/i.test(name))
  return { ...Object.fromEntries(kept), HOME: folder, CCR_MAX_STREAMS: env['CCR_MAX_STREAMS'] || '0' }
}

function settingsOf({ hasStreamLimit }: CcrRustInterface, env: NodeJS.ProcessEnv): string[] {
  return [
    describeStreamLimit(env['CCR_MAX_STREAMS'], hasStreamLimit),
    ...(env['RUST_LOG'] ? [`RUST_LOG=${env['RUST_LOG']}`] : []),
  ]
}

/** What the limit of streams is, by CCR_MAX_STREAMS as it was set; `known`: the binary's help speaks of such a limit. */
export function describeStreamLimit(set: string | undefined, known = true): string {
  const value = set || '0'
  if (!known) return `CCR_MAX_STREAMS=${value} is set, but its help names no stream limit`
  if (!set) return 'stream limit lifted (CCR_MAX_STREAMS=0)'
  return `stream limit ${value === '0' ? 'lifted' : `of ${value}`} (CCR_MAX_STREAMS=${value} in the environment)`
}
