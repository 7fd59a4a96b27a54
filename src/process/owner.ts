import { createHash } from 'node:crypto'
import { type ReadText, readBootId, readLink, readTextFile } from '../host/proc.ts'

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

/** A process as a part of a file name, such as `4711-123456-1f2e3d4c`: its pid, its start, and the boot and PID namespace of both. */
export function markOf(pid: number = process.pid): string {
  const place = `${readBootId() ?? ''} ${readLink('/proc/self/ns/pid') ?? ''}`
  return `${pid}-${startOf(pid) ?? 0}-${createHash('sha256').update(place).digest('hex').slice(0, 8)}`
}

/** Whether the process of a mark has ended; undefined if it was in another boot or PID namespace. */
export function markedIsGone(mark: string): boolean | undefined {
  const [pid, , place] = mark.split('-')
  if (place !== markOf().split('-')[2]) return undefined
  return markOf(Number(pid)) !== mark || ownerIsGone(ownerOf(Number(pid)))
}

/** When a process started, in ticks since the boot: with the pid, it identifies a process. Undefined without /proc, or if it has ended. */
function startOf(pid: number): number | undefined {
  const stat = readTextFile(`/proc/${pid}/stat`)
  // Fields 3 and 22; the name in field 2 may contain spaces and brackets.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields === undefined || fields[0] === 'Z' ? undefined : Number(fields[19])
}
