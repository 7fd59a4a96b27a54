import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { EnvironmentError } from '../base/errors.ts'
import { guardGroup } from './guard.ts'
import type { Log } from './host.ts'
import { createLastLines, type Output } from './last-lines.ts'

/** The end of a child that nobody asked for: `exit status 3` or `signal SIGSEGV`, and what it printed last (redacted). */
export interface Death {
  readonly name: string
  readonly how: string
  readonly lastLines: readonly string[]
}

/** A started process of the topology, in a process group of its own. Disposing of it resolves when it is gone. */
export interface Child extends AsyncDisposable {
  readonly name: string
  readonly pid: number
  /** Resolves when the child ends on its own, and never where it is this side that ends it. */
  readonly died: Promise<Death>
  lastLines(): readonly string[]
  /** SIGKILL to the whole group, synchronously: for a second Ctrl-C. */
  killNow(): void
}

/** What to start, and how. */
export interface ChildOptions {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly cwd?: string
  readonly log: Log
  /**
   * For our own Node commands: opens an IPC channel. It closes when this process is gone, even by SIGKILL, and the
   * child ends itself on its `disconnect` event. Children without the channel get a guard process in its place.
   */
  readonly channel?: boolean
  readonly onLine?: (line: string, from: Output) => void
}

const linesKept = 50
const graceMs = 2000
/** How long to wait for the rest of the output of a child that is gone, where a process outside its group holds the pipe. */
const drainMs = 200

/** Says in words how a child ended, with its last lines indented below. */
export function describeDeath({ name, how, lastLines }: Death): string {
  return `${name} ended with ${how}${describeLines(lastLines)}`
}

/** The last lines of a child's output as the tail of a message. */
export function describeLines(lines: readonly string[]): string {
  return lines.length === 0 ? ' (it printed nothing)' : `; its last lines:\n${lines.map((l) => `  ${l}`).join('\n')}`
}

/** Starts a process with an array of arguments, no shell; a command that cannot be started is an EnvironmentError. */
export async function startChild(options: ChildOptions): Promise<Child> {
  const { name, log, channel = false } = options
  const child = await spawnOrExplain(options)
  const pid = child.pid as number
  child.on('error', (error) => log.warn({ err: error }, `${name}: ${error.message}`))
  const guard = channel ? undefined : guardGroup(pid, log)

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
      guard?.release()
      // What the leader leaves behind in its group would hold ports and pipes.
      killGroup(pid, 'SIGKILL')
      resolve(code === null ? `signal ${signal}` : `exit status ${code}`)
    })
  })
  const ended = exited.then(async (how) => {
    await drained(closed, [child.stdout, child.stderr])
    await guard?.gone
    return how
  })

  let wanted = false
  let stopped: Promise<string> | undefined
  const died = new Promise<Death>((resolve) => {
    void ended.then((how) => {
      if (!wanted) resolve({ name, how, lastLines: output.lines() })
    })
  })
  const stop = () => {
    wanted = true
    if (!gone) killGroup(pid, 'SIGTERM')
    const lastResort = setTimeout(() => !gone && killGroup(pid, 'SIGKILL'), graceMs)
    return ended.finally(() => clearTimeout(lastResort))
  }
  return {
    name,
    pid,
    died,
    lastLines: output.lines,
    killNow() {
      wanted = true
      if (!gone) killGroup(pid, 'SIGKILL')
    },
    async [Symbol.asyncDispose]() {
      stopped ??= stop()
      await stopped
    },
  }
}

async function spawnOrExplain({ name, command, args, env, cwd, channel }: ChildOptions): Promise<ChildProcess> {
  try {
    const child = spawn(command, args, {
      env,
      ...(cwd !== undefined && { cwd }),
      detached: true,
      stdio: channel ? ['ignore', 'pipe', 'pipe', 'ipc'] : ['ignore', 'pipe', 'pipe'],
    })
    await once(child, 'spawn')
    return child
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
    // ESRCH: nobody is left in the group, which is what was wanted. EPERM: macOS says so of a group of zombies.
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ESRCH' && code !== 'EPERM') throw error
  }
}
