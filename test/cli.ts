import { type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'

/** The command line's entry point. */
export const script: string = fileURLToPath(new URL('../src/cli.ts', import.meta.url))

/** A run of the command line as a process of its own. */
export interface CliRun {
  readonly child: ChildProcessByStdio<null, Readable, Readable>
  readonly ended: Promise<CliEnd>
  /** Resolves with the match when stderr or stdout has it; rejects where the process ends before. */
  readonly saw: (pattern: RegExp) => Promise<RegExpExecArray>
}

/** How it ended. */
export interface CliEnd {
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** Starts `ccr-sse-stress` with words; the environment is this process's with `env` over it. */
export function startCli(words: readonly string[], env: NodeJS.ProcessEnv = {}, cwd?: string): CliRun {
  const child = spawn(process.execPath, [script, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, CCR_BIN: '', CCR_SOURCE: '', ...env },
    ...(cwd !== undefined && { cwd }),
  })
  let stdout = ''
  let stderr = ''
  const watchers = new Set<() => void>()
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    for (const watch of watchers) watch()
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
    for (const watch of watchers) watch()
  })
  const ended = new Promise<CliEnd>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (status, signal) => resolve({ status, signal, stdout, stderr }))
  })
  const saw = (pattern: RegExp) =>
    new Promise<RegExpExecArray>((resolve, reject) => {
      const watch = () => {
        const found = pattern.exec(stderr) ?? pattern.exec(stdout)
        if (!found) return
        watchers.delete(watch)
        resolve(found)
      }
      watchers.add(watch)
      watch()
      void ended.then(() => reject(new Error(`ended before ${pattern}: ${stderr}${stdout}`)))
    })
  return { child, ended, saw }
}

/** Runs `ccr-sse-stress` to its end. */
export function runCli(words: readonly string[], env?: NodeJS.ProcessEnv, cwd?: string): Promise<CliEnd> {
  return startCli(words, env, cwd).ended
}
