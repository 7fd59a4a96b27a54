import { type ReadText, readBootId, readTextFile } from '../host/proc.ts'

/** The compose variable that sets the owner label. */
export const ownerVariable = 'CCR_SSE_STRESS_OWNER'

/** The container label that identifies the process that started the container. */
export const ownerLabel = 'ccr-sse-stress.owner'

/** Identifies a process by machine, boot and pid; a pid alone may be reused or belong to another machine. */
export function ownerOf(pid: number = process.pid, readText: ReadText = readTextFile): string {
  const boot = readBootId(readText) ?? 'unknown'
  return `${pid}@${boot}`
}

/** Whether this process runs as root. */
export function isRoot(): boolean {
  return process.getuid?.() === 0
}

/** Whether an owner has certainly ended: it is from this machine and boot, and no process has its pid. */
export function ownerIsGone(owner: string, readText: ReadText = readTextFile): boolean {
  const pid = Number(owner.split('@')[0])
  if (!Number.isInteger(pid) || pid <= 0 || owner !== ownerOf(pid, readText)) return false
  try {
    process.kill(pid, 0)
    return false
  } catch (cause) {
    // EPERM: it is running, but belongs to another user.
    return (cause as NodeJS.ErrnoException).code === 'ESRCH'
  }
}
