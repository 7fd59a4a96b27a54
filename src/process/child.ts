import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { EnvironmentError } from '../base/errors.ts'
import { type Guard, guardGroup, unrefStreams } from './guard.ts'
import type { Log } from './host.ts'
import { createLastLines, type Output } from './last-lines.ts'

/** The unrequested end of a child: `exit status 3` or `signal SIGSEGV`, and its last lines (redacted). */
export interface Death {
  readonly name: string
  readonly how: string
  readonly lastLines: readonly string[]
}

/**
 * A started process in its own process group. Disposing of it resolves when it is gone. If this process ends, even by SIGKILL, a guard
 * kills the group.
 */
export interface Child extends AsyncDisposable {
  readonly name: string
  readonly pid: number
  /** Resolves when the child ends by itself; never resolves if this process ends it. */
  readonly died: Promise<Death>
  lastLines(): readonly string[]
  /** Lets this process end while the child runs. The child is then ended by its guard or by its closed channel. */
  unref(): void
  /** SIGKILL to the whole group, synchronously: for a second Ctrl-C. */
  killNow(): void
}

/** What to start and how. */
export interface ChildOptions {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly cwd?: string
  readonly log: Log
  /** Opens an IPC channel, for this program's own commands. It closes when this process ends, and the child then ends itself. */
  readonly channel?: boolean
  readonly onLine?: (line: string, from: Output) => void
}

/** Maximum time from a process's end until `died` reports it with the last output, in ms. */
export const deathReportMs = 1000

const linesKept = 50
const graceMs = 2000
/** How long to wait for the rest of a dead child's output if a process outside its group still holds the pipe, in ms. */
const drainMs = 200

/** Describes how a child ended, with its last lines indented below. */
export function describeDeath({ name, how, lastLines }: Death): string {
  return `${name} ended with ${how}${describeLines(lastLines)}`
}

/** The last lines of a child's output, to append to a message. */
export function describeLines(lines: readonly string[]): string {
  return lines.length === 0 ? ' (it printed nothing)' : `; its last lines:\n${lines.map((l) => `  ${l}`).join('\n')}`
}

/** Starts a process without a shell. A command that cannot be started is an EnvironmentError. */
export async function startChild(options: ChildOptions): Promise<Child> {
  const { name, log } = options
  const { child, guard } = await spawnOrExplain(options)
  const pid = child.pid as number
  child.on('error', (error) => log.warn({ err: error }, `${name}: ${error.message}`))

  const output = createLastLines(linesKept, (line, from) => {
    log.debug({ child: name }, line)
    options.onLine?.(line, from)
  })
  for (const from of ['stdout', 'stderr'] as const) {
    const writer = output.writer(from)
    const stream = child[from]
    stream?.setEncoding('utf8').on('data', (text: string) => writer.write(text))
    stream?.once('close', () => writer.end())
  }

  let gone = false
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const exited = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => {
      gone = true
      guard.release()
      // Processes that the leader left in its group would keep ports and pipes open.
      killGroup(pid, 'SIGKILL')
      resolve(code === null ? `signal ${signal}` : `exit status ${code}`)
    })
  })
  const ended = exited.then(async (how) => {
    await drained(closed, [child.stdout, child.stderr])
    await guard.gone
    return how
  })

  let stopping = false
  let stopped: Promise<string> | undefined
  const died = new Promise<Death>((resolve) => {
    void ended.then((how) => {
      if (!stopping) resolve({ name, how, lastLines: output.lines() })
    })
  })
  const stop = () => {
    stopping = true
    if (!gone) killGroup(pid, 'SIGTERM')
    const lastResort = setTimeout(() => !gone && killGroup(pid, 'SIGKILL'), graceMs)
    return ended.finally(() => clearTimeout(lastResort))
  }
  return {
    name,
    pid,
    died,
    lastLines: output.lines,
    unref() {
      child.unref()
      child.channel?.unref()
      unrefStreams(child)
      guard.unref()
    },
    killNow() {
      stopping = true
      if (!gone) killGroup(pid, 'SIGKILL')
    },
    async [Symbol.asyncDispose]() {
      stopped ??= stop()
      await stopped
    },
  }
}

/** Runs a program until it exits, and returns how it ended. An abort ends it and throws the signal's reason. */
export async function runToEnd(options: ChildOptions, signal: AbortSignal): Promise<Death> {
  signal.throwIfAborted()
  const child = await startChild(options)
  const stopped = Promise.withResolvers<never>()
  const stop = () => stopped.reject(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  // The abort may have happened while the child was starting.
  if (signal.aborted) stop()
  try {
    return await Promise.race([child.died, stopped.promise])
  } finally {
    signal.removeEventListener('abort', stop)
    await child[Symbol.asyncDispose]()
  }
}

interface Spawned {
  readonly child: ChildProcess
  readonly guard: Guard
}

async function spawnOrExplain({ name, command, args, env, cwd, channel, log }: ChildOptions): Promise<Spawned> {
  try {
    const child = spawn(command, args, {
      env,
      cwd,
      detached: true,
      stdio: channel ? ['ignore', 'pipe', 'pipe', 'ipc'] : ['ignore', 'pipe', 'pipe'],
    })
    // At once, because this process can be killed at any time.
    const guard = child.pid === undefined ? undefined : guardGroup(child.pid, log)
    await once(child, 'spawn')
    if (guard === undefined) throw new Error('it has no process id')
    return { child, guard }
  } catch (cause) {
    throw new EnvironmentError(`${name}: cannot start ${command}: ${explain(cause)}`, { cause })
  }
}

function explain(cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException
  if (code === 'ENOENT') return 'no such file (ENOENT)'
  if (code === 'EACCES') return 'not executable (EACCES)'
  return message
}

async function drained(closed: Promise<void>, pipes: readonly (Readable | null)[]): Promise<void> {
  const late = setTimeout(() => {
    for (const pipe of pipes) pipe?.destroy()
  }, drainMs)
  await closed
  clearTimeout(late)
}

function killGroup(leaderPid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leaderPid, signal)
  } catch (error) {
    // ESRCH: the group is empty already. EPERM: what macOS returns for a group of zombies.
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ESRCH' && code !== 'EPERM') throw error
  }
}
