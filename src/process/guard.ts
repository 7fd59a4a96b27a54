import { spawn } from 'node:child_process'
import type { Log } from './host.ts'

/** Does something when this process is gone, however it went: SIGKILL leaves no time for a tear-down. */
export interface Guard {
  /** Lets it be: what was guarded is gone. A process group is to be released at once, as its number may be given again. */
  release(): void
  readonly gone: Promise<void>
}

// The shell waits on a pipe that only this process holds; its end of file is the death of this process.
const script = 'read -r _; "$@"'

/** Runs a command when this process is gone, in a process group of its own; `what` says in a log what stays without it. */
export function startGuard(command: readonly string[], env: NodeJS.ProcessEnv, what: string, log: Log): Guard {
  const guard = spawn('/bin/sh', ['-c', script, 'guard', ...command], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env,
  })
  const gone = new Promise<void>((resolve) => {
    guard.once('exit', () => resolve())
    guard.once('error', (error) => {
      log.warn({ err: error }, `no guard for ${what}: it stays if this process is killed`)
      resolve()
    })
  })
  return { release: () => void guard.kill('SIGKILL'), gone }
}

/** Guards a process group whose leader is not ours to teach the IPC channel's `disconnect`. */
export function guardGroup(leaderPid: number, log: Log): Guard {
  return startGuard(['kill', '-s', 'KILL', '--', `-${leaderPid}`], {}, `process ${leaderPid}`, log)
}
