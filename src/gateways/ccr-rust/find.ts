import { join, resolve } from 'node:path'
import { EnvironmentError, UsageError } from '../../base/errors.ts'
import { describeDeath, runToEnd } from '../../process/child.ts'
import { findOnPath, isFile, programVersion, whyNotExecutable } from '../../process/executable.ts'
import type { Host } from '../../process/host.ts'
import type { GatewaySearch, Installed } from '../descriptor.ts'

/** The three ways to provide a ccr-rust, for messages. */
export const waysToProvideCcrRust =
  'Give its binary with --ccr-bin FILE (or CCR_BIN), its source with --ccr-source DIR (or CCR_SOURCE), or put ccr-rust on PATH.'

/** Finds ccr-rust: the configured binary, else the one built from the configured source (built if missing), else PATH. */
export async function findCcrRust({ host, ...flags }: GatewaySearch): Promise<Installed | undefined> {
  const { CCR_BIN, CCR_SOURCE } = host.env
  const binary = flags.ccrBin || CCR_BIN
  if (binary) return { program: await checkBinary(resolve(binary), binary === CCR_BIN ? 'CCR_BIN' : '--ccr-bin') }
  const source = flags.ccrSource || CCR_SOURCE
  if (source)
    return { program: await binaryOf(resolve(source), source === CCR_SOURCE ? 'CCR_SOURCE' : '--ccr-source', host) }
  const program = await findOnPath('ccr-rust', host.env)
  return program === undefined ? undefined : { program }
}

/** Finds a ccr-rust in the same order without building it, and asks it for its version. */
export async function locateCcrRust(env: NodeJS.ProcessEnv): Promise<Installed | undefined> {
  const { CCR_BIN: binary, CCR_SOURCE: source } = env
  const candidates = [...(binary ? [resolve(binary)] : []), ...(source ? [builtBinary(resolve(source))] : [])]
  for (const path of candidates) if ((await whyNotExecutable(path)) === undefined) return located(path)
  const path = await findOnPath('ccr-rust', env)
  return path === undefined ? undefined : located(path)

  async function located(program: string): Promise<Installed> {
    return { program, version: await programVersion(program, '--version', env) }
  }
}

function builtBinary(source: string): string {
  return join(source, 'target', 'release', 'ccr-rust')
}

async function checkBinary(path: string, where: string): Promise<string> {
  const fault = await whyNotExecutable(path)
  if (fault === undefined) return path
  throw new UsageError([{ where, message: 'must be an executable file', got: `${path} (${fault})` }])
}

async function binaryOf(source: string, where: string, host: Host): Promise<string> {
  const binary = builtBinary(source)
  if ((await whyNotExecutable(binary)) === undefined) return binary
  await build(source, where, host)
  const fault = await whyNotExecutable(binary)
  if (fault === undefined) return binary
  throw new UsageError([
    { where, message: 'must be a source folder that builds ccr-rust', got: `${binary}: ${fault} after the build` },
  ])
}

/** Runs `cargo build --release` and logs its output. */
async function build(source: string, where: string, { env, log, onProgress, signal }: Host): Promise<void> {
  signal.throwIfAborted()
  if (!(await isFile(join(source, 'Cargo.toml'))))
    throw new UsageError([
      { where, message: 'must be the source folder of ccr-rust', got: `${source} (no Cargo.toml in it)` },
    ])
  const cargo = await findOnPath('cargo', env)
  if (cargo === undefined)
    throw new EnvironmentError(
      `${where}: ${source} has no target/release/ccr-rust, and cargo is not on PATH to build it. Install Rust (https://rustup.rs), or give a binary with --ccr-bin FILE (or CCR_BIN).`,
    )
  onProgress(`building ccr-rust in ${source} (cargo build --release; takes minutes the first time)`)
  const death = await runToEnd(
    {
      name: 'cargo build --release',
      command: cargo,
      // Explicit, because CARGO_TARGET_DIR or a cargo configuration may send the binary elsewhere.
      args: ['build', '--release', '--target-dir', join(source, 'target')],
      env,
      cwd: source,
      log,
      onLine: (line) => log.info({ child: 'cargo' }, line),
    },
    signal,
  )
  if (death.how === 'exit status 0') return
  throw new EnvironmentError(
    `${describeDeath(death)}\n${where}: ccr-rust could not be built in ${source}. Build it by hand, or give a binary with --ccr-bin FILE (or CCR_BIN).`,
  )
}
