import { spawn } from 'node:child_process'
import type { Log } from './host.ts'

/** Cleans up when this process is gone, even by SIGKILL, which leaves no time for a tear-down. */
interface Guard {
  /** Ends the guard because what it guarded is gone. Release a process group at once: its id may be reused. */
  release(): void
  readonly gone: Promise<void>
}

// The shell reads a pipe whose other end only this process holds: end of file means that this process is gone.
const script = 'read -r _; "$@"'

/** Runs a command when this process is gone, in its own process group; `subject` names what it guards in the log. */
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
  return { release: () => void guard.kill('SIGKILL'), gone }
}

/** Guards the process group of a program that does not end itself when an IPC channel closes. */
export function guardGroup(leaderPid: number, log: Log): Guard {
  return startGuard(['kill', '-s', 'KILL', '--', `-${leaderPid}`], {}, `process ${leaderPid}`, log)
}
