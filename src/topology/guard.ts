import { spawn } from 'node:child_process'
import type { Log } from './child.ts'

/** Ends a child's process group when this process is gone, however it went: SIGKILL leaves no time for a tear-down. */
export interface Guard {
  /** Lets the guarded group live on. To be called as soon as its leader is gone: its number may be given out again. */
  release(): void
  readonly gone: Promise<void>
}

// The shell waits on a pipe that only this process holds; its end of file is the death of this process.
const script = 'read -r _; kill -s KILL -- "-$1"'

/** Guards a process group whose leader is not ours to teach the IPC channel's `disconnect`. */
export function startGuard(leaderPid: number, log: Log): Guard {
  const guard = spawn('/bin/sh', ['-c', script, 'guard', String(leaderPid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: {},
  })
  const gone = new Promise<void>((resolve) => {
    guard.once('exit', () => resolve())
    guard.once('error', (error) => {
      log.warn({ err: error }, `no guard for process ${leaderPid}: it stays if this process is killed`)
      resolve()
    })
  })
  return { release: () => void guard.kill('SIGKILL'), gone }
}
