import { join } from 'node:path'
import { EnvironmentError, UsageError } from '../base/errors.ts'
import { describeDeath } from '../process/child.ts'
import { findOnPath, isFile } from '../process/executable.ts'
import type { Log } from '../process/host.ts'
import { runToEnd } from '../process/run-to-end.ts'

/** A build of ccr-rust: its source, and the flag or variable (`where`) that named it. */
export interface CcrRustBuild {
  readonly source: string
  readonly where: string
  readonly env: NodeJS.ProcessEnv
  readonly log: Log
  readonly onProgress: (text: string) => void
  readonly signal: AbortSignal
}

/** Runs `cargo build --release` in the source; its lines go to the log, its end is awaited, an abort ends it. */
export async function buildCcrRust({ source, where, env, log, onProgress, signal }: CcrRustBuild): Promise<void> {
  signal.throwIfAborted()
  if (!(await isFile(join(source, 'Cargo.toml'))))
    throw new UsageError([
      { where, message: 'must be the source folder of ccr-rust', got: `${source} (no Cargo.toml in it)` },
    ])
  const cargo = await findOnPath('cargo', env)
  if (cargo === undefined)
    throw new EnvironmentError(
      `${source} has no target/release/ccr-rust, and cargo is not on PATH to build it: install Rust (https://rustup.rs), or give a binary with --ccr-bin FILE (or CCR_BIN)`,
    )
  onProgress(`building ccr-rust in ${source} (cargo build --release, minutes the first time)`)
  const death = await runToEnd(
    {
      name: 'cargo build --release',
      command: cargo,
      // The folder is named, as CARGO_TARGET_DIR or a cargo configuration may send the binary elsewhere.
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
    `${describeDeath(death)}\nccr-rust could not be built in ${source}: build it by hand, or give a binary with --ccr-bin FILE (or CCR_BIN)`,
  )
}
