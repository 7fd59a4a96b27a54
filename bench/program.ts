import { type ChildProcess, fork, spawn } from 'node:child_process'
import { extname } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { EnvironmentError } from '../src/base/errors.ts'
import { type Channel, ipcChannel, lineChannel } from './channel.ts'
import { compiled } from './compiled.ts'
import type { BenchContext } from './context.ts'
import { findTool, howToGet, type Tool } from './tools.ts'

const compileCache = fileURLToPath(new URL('../node_modules/.cache/bench', import.meta.url))

/** The tool that a contender needs, by the language of its script; a name without an extension is TypeScript. */
export function toolOf(script: string): Tool | undefined {
  if (script === 'client-oha') return 'oha'
  switch (extname(script)) {
    case '.py':
      return 'python'
    case '.c':
      return 'cc'
    default:
      return undefined
  }
}

/** Starts a contender's process with its task as first argument. */
export async function startProgram(
  script: string,
  task: object,
  { env }: BenchContext,
  signal: AbortSignal,
): Promise<{ readonly child: ChildProcess; readonly channel: Channel }> {
  const tool = toolOf(script)
  const program = tool && (await findTool(tool, env))
  if (tool && program === undefined) throw new EnvironmentError(`${script}: ${howToGet(tool)}`)
  const args = [JSON.stringify(task)]
  // A separate process group: Ctrl-C reaches only this process, which ends its contenders.
  const common = { detached: true, env: { ...env, NODE_COMPILE_CACHE: compileCache } }
  if (extname(script) === '') {
    const stdio = ['ignore', 'ignore', 'pipe', 'ipc'] as const
    const ours = { ...common, stdio: [...stdio], env: { ...common.env, ...(program && { BENCH_TOOL: program }) } }
    const child = fork(pathOf(`${script}.ts`), args, ours)
    return { child, channel: ipcChannel(child, signal) }
  }
  const command =
    extname(script) === '.c'
      ? [await compiled(pathOf(script), program as string, env)]
      : [program as string, '-B', '-u', pathOf(script)]
  const child = spawn(command[0] as string, [...command.slice(1), ...args], { ...common, stdio: 'pipe' })
  return { child, channel: lineChannel(child.stdout as Readable, child.stdin as Writable, signal) }
}

function pathOf(file: string): string {
  return fileURLToPath(new URL(`contenders/${file}`, import.meta.url))
}
