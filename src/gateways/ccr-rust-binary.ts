import { join, resolve } from 'node:path'
import { UsageError } from '../base/errors.ts'
import { findOnPath, whyNotExecutable } from '../process/executable.ts'
import type { Log } from '../process/host.ts'
import { buildCcrRust } from './ccr-rust-build.ts'

/** Where ccr-rust may be: the flags, and the environment with CCR_BIN, CCR_SOURCE and PATH. An empty value is none. */
export interface CcrRustSearch {
  readonly ccrBin?: string
  readonly ccrSource?: string
  readonly env: NodeJS.ProcessEnv
  readonly log: Log
  readonly onProgress: (text: string) => void
  readonly signal: AbortSignal
}

/** The three ways to give a ccr-rust, for the messages that have to say so. */
export const waysToGiveCcrRust =
  'give its binary with --ccr-bin FILE (or CCR_BIN), its source with --ccr-source DIR (or CCR_SOURCE), or put ccr-rust on PATH'

/** Finds ccr-rust: the binary given, else the one of the source given (built where it is not there), else PATH; or none. */
export async function findCcrRust(search: CcrRustSearch): Promise<string | undefined> {
  const { env } = search
  const ccrBin = search.ccrBin || env['CCR_BIN']
  if (ccrBin) return givenBinary(resolve(ccrBin), ccrBin === env['CCR_BIN'] ? 'CCR_BIN' : '--ccr-bin')
  const ccrSource = search.ccrSource || env['CCR_SOURCE']
  if (ccrSource)
    return binaryOfSource(resolve(ccrSource), ccrSource === env['CCR_SOURCE'] ? 'CCR_SOURCE' : '--ccr-source', search)
  return findOnPath('ccr-rust', env)
}

/** Finds a ccr-rust that needs no build, in the same order. */
export async function findBuiltCcrRust(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const { CCR_BIN: binary, CCR_SOURCE: source } = env
  const given = [...(binary ? [resolve(binary)] : []), ...(source ? [binaryIn(resolve(source))] : [])]
  for (const path of given) if ((await whyNotExecutable(path)) === undefined) return path
  return findOnPath('ccr-rust', env)
}

function binaryIn(source: string): string {
  return join(source, 'target', 'release', 'ccr-rust')
}

async function givenBinary(path: string, where: string): Promise<string> {
  const fault = await whyNotExecutable(path)
  if (fault !== undefined)
    throw new UsageError([{ where, message: 'must be an executable file', got: `${path} (${fault})` }])
  return path
}

async function binaryOfSource(source: string, where: string, search: CcrRustSearch): Promise<string> {
  const binary = binaryIn(source)
  if ((await whyNotExecutable(binary)) === undefined) return binary
  await buildCcrRust({ ...search, source, where })
  const fault = await whyNotExecutable(binary)
  if (fault === undefined) return binary
  throw new UsageError([
    { where, message: 'must be a source folder that builds ccr-rust', got: `${binary}: ${fault} after the build` },
  ])
}
