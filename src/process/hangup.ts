import { basename } from 'node:path'
import type { EndingSignal } from '../base/exit-status.ts'
import { type ReadText, readTextFile } from '../host/proc.ts'

const hangupBit = 1n

/**
 * Whether this process was started to survive the end of its terminal: by `nohup`, or by a shell with `trap '' HUP`. Node.js resets
 * ignored signals to their default when it starts, so only traces are left: the variable `_` of the shell, a stdin that can only be
 * written (nohup puts it in place of a terminal), and the signals that the parent process ignores.
 */
export function ignoresHangup(env: NodeJS.ProcessEnv, readText: ReadText = readTextFile): boolean {
  if (basename(env['_'] ?? '') === 'nohup') return true
  const isWriteOnly = /^flags:\s+[0-7]*[15]$/m.test(readText('/proc/self/fdinfo/0') ?? '')
  if (isWriteOnly) return true
  const ignored = /^SigIgn:\s+([\da-f]+)$/m.exec(readText(`/proc/${process.ppid}/status`) ?? '')?.[1]
  return ignored !== undefined && (BigInt(`0x${ignored}`) & hangupBit) !== 0n
}

/** The signals that end a command in an orderly way. */
export function endingSignals(env: NodeJS.ProcessEnv): readonly EndingSignal[] {
  return ignoresHangup(env) ? ['SIGINT', 'SIGTERM'] : ['SIGHUP', 'SIGINT', 'SIGTERM']
}
