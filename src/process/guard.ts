import { type ChildProcess, spawn } from 'node:child_process'
import { Socket } from 'node:net'
import type { Host, Log } from './host.ts'

/** A separate process that cleans up after this one, even after a SIGKILL, which leaves no time for a tear-down. */
export interface Guard {
  /** Ends the guard when there is nothing left to guard. Release a process group at once, because its id may be reused. */
  release(): void
  /** Lets this process end while the guard still waits for that. */
  unref(): void
  readonly gone: Promise<void>
}

// Only this process holds the other end of the shell's stdin, so end of file means that this process has ended.
const script = 'read -r _; "$@"'

/** Starts a process that runs a command, in its own process group, when this process has ended. `subject` is for the log. */
export function startGuard(command: readonly string[], env: NodeJS.ProcessEnv, subject: string, log: Log): Guard {
  const guard = spawn('/bin/sh', ['-c', script, 'guard', ...command], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env,
  })
  const gone = new Promise<void>((resolve) => {
    guard.once('exit', () => resolve())
    guard.once('error', (error) => {
      log.warn({ err: error }, `no guard for ${subject}: it remains if this process is killed`)
      resolve()
    })
  })
  return {
    release: () => void guard.kill('SIGKILL'),
    unref() {
      guard.unref()
      unrefStreams(guard)
    },
    gone,
  }
}

/** Lets this process end although the pipes to a child are open; they close when it ends. */
export function unrefStreams({ stdin, stdout, stderr }: ChildProcess): void {
  for (const pipe of [stdin, stdout, stderr]) if (pipe instanceof Socket) pipe.unref()
}

/**
 * Guards the process group of a child. A child with an IPC channel ends itself when the channel closes, but not if it is stopped
 * (SIGSTOP) or hangs.
 */
export function guardGroup(leaderPid: number, log: Log): Guard {
  return startGuard(['kill', '-s', 'KILL', '--', `-${leaderPid}`], {}, `process ${leaderPid}`, log)
}

// Repeated, because the gateway may still write files while it is being killed.
const removal = 'for _ in 1 2 3 4 5; do rm -rf -- "$1"; sleep 0.1; done'

/** Guards a folder: it is removed with its content. */
export function guardFolder(path: string, { env, log }: Pick<Host, 'env' | 'log'>): Guard {
  return startGuard(['/bin/sh', '-c', removal, 'sh', path], { PATH: env['PATH'] }, path, log)
}
