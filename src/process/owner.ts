import { type ReadText, readBootId, readTextFile } from '../host/proc.ts'

/** The variable of the compose file by which a container's label names the process that started it. */
export const ownerVariable = 'CCR_SSE_STRESS_OWNER'

/** The label of that name. */
export const ownerLabel = 'ccr-sse-stress.owner'

/** Names a process for as long as this kernel runs: its number alone is given again, and is another's on another machine. */
export function ownerOf(pid: number, readText: ReadText = readTextFile): string {
  const boot = readBootId(readText) ?? 'unknown'
  return `${pid}@${boot}`
}

/** Whether the process that a label names is known to be gone: it was of this kernel's run, and nobody has its number. */
export function ownerIsGone(owner: string, readText: ReadText = readTextFile): boolean {
  const pid = Number(owner.split('@')[0])
  if (!Number.isInteger(pid) || pid <= 0 || owner !== ownerOf(pid, readText)) return false
  try {
    process.kill(pid, 0)
    return false
  } catch (cause) {
    // EPERM: it is another user's, and alive.
    return (cause as NodeJS.ErrnoException).code === 'ESRCH'
  }
}
