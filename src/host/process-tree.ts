import { readdirSync, statSync } from 'node:fs'
import { bytesOf, processTree, type ReadText, readTextFile } from './proc.ts'

/** Resources that a process and its descendants have used so far. Undefined members could not be read. */
export interface ProcessReading {
  /** User and system time in s, including children that ended and were waited for; resolution 10 ms. */
  readonly cpuS: number
  /** Resident memory now, in bytes. */
  readonly memoryBytes: number
  /** Highest resident memory so far, in bytes; undefined for several processes, as their peaks do not add up. */
  readonly memoryPeakBytes?: number
  /** Open file descriptors; undefined for another user's process. */
  readonly descriptors?: number
}

/** USER_HZ: the unit of times in /proc/PID/stat, the same on every Linux that Node.js supports (proc(5)). */
const ticksPerS = 100

/** Reads a process and its descendants from /proc; undefined if the process is gone. */
export function readProcessTree(pid: number, readText: ReadText = readTextFile): ProcessReading | undefined {
  const pids = processTree(pid, readText)
  let [cpuS, memoryBytes] = [0, 0]
  let descriptors: number | undefined = 0
  let isAlive = false
  for (const member of pids) {
    const ticks = cpuTicks(readText(`/proc/${member}/stat`))
    if (ticks === undefined) continue
    isAlive ||= member === pid
    cpuS += ticks / ticksPerS
    memoryBytes += bytesOf('VmRSS', readText(`/proc/${member}/status`)) ?? 0
    const open = countDescriptors(member)
    descriptors = descriptors === undefined || open === undefined ? undefined : descriptors + open
  }
  if (!isAlive) return undefined
  const memoryPeakBytes = pids.length === 1 ? bytesOf('VmHWM', readText(`/proc/${pid}/status`)) : undefined
  return { cpuS, memoryBytes, memoryPeakBytes, descriptors }
}

/** utime, stime, cutime and cstime are fields 14 to 17; the name in field 2 may contain spaces and brackets. */
function cpuTicks(stat: string | undefined): number | undefined {
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
  // A zombie has no memory left, and its time is already counted for its parent.
  if (fields === undefined || fields[0] === 'Z') return undefined
  return [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index]), 0)
}

function countDescriptors(pid: number): number | undefined {
  const folder = `/proc/${pid}/fd`
  try {
    // Since Linux 6.2 the folder's size is the number of descriptors, which avoids listing thousands.
    return statSync(folder).size || readdirSync(folder).length
  } catch {
    // The process is gone or belongs to another user.
    return undefined
  }
}
