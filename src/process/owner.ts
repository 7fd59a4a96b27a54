import { type ReadText, readBootId, readTextFile } from '../host/proc.ts'

/** The compose variable for the label with the process that started a container. */
export const ownerVariable = 'CCR_SSE_STRESS_OWNER'

/** That label of a container. */
export const ownerLabel = 'ccr-sse-stress.owner'

/** Identifies a process on this machine until the next boot: the pid alone would be reused, or another machine's. */
export function ownerOf(pid: number = process.pid, readText: ReadText = readTextFile): string {
  const boot = readBootId(readText) ?? 'unknown'
  return `${pid}@${boot}`
}

/** Whether this process runs as root. */
export function isRoot(): boolean {
  return process.getuid?.() === 0
}

/** Whether an owner is known to be gone: it is of this machine and boot, and no process has its pid. */
export function ownerIsGone(owner: string, readText: ReadText = readTextFile): boolean {
  const pid = Number(owner.split('@')[0])
  if (!Number.isInteger(pid) || pid <= 0 || owner !== ownerOf(pid, readText)) return false
  try {
    process.kill(pid, 0)
    return false
  } catch (cause) {
    // EPERM: it is alive, but another user's.
    return (cause as NodeJS.ErrnoException).code === 'ESRCH'
  }
}
