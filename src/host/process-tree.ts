import { readdirSync, statSync } from 'node:fs'
import { known } from '../base/known.ts'
import { bytesOf } from './proc-text.ts'
import { type ReadText, readTextFile } from './read-text.ts'

/** What a process and all below it have taken so far. Absent members could not be read. */
export interface ProcessReading {
  /** User and system time since each began, those that ended and were waited for included, in s; steps of 10 ms. */
  readonly cpuS: number
  /** Resident memory now, in bytes. */
  readonly memoryBytes: number
  /** The largest resident memory since it began; absent where there are several processes, whose peaks do not add up. */
  readonly memoryPeakBytes?: number
  /** Open file descriptors; only the same user may count them. */
  readonly descriptors?: number
}

/** USER_HZ: the unit of times in /proc/PID/stat, the same on every Linux that Node.js runs on (proc(5)). */
const ticksPerS = 100

/** Reads a process and its descendants from /proc; undefined where the process is gone. */
export function readProcessTree(pid: number, readText: ReadText = readProcText): ProcessReading | undefined {
  const pids = treeOf(pid, readText)
  let [cpuS, memoryBytes] = [0, 0]
  let descriptors: number | undefined = 0
  let found = false
  for (const one of pids) {
    const ticks = cpuTicks(readText(`/proc/${one}/stat`))
    if (ticks === undefined) continue
    found ||= one === pid
    cpuS += ticks / ticksPerS
    memoryBytes += bytesOf('VmRSS', readText(`/proc/${one}/status`)) ?? 0
    const open = countDescriptors(one)
    descriptors = descriptors === undefined || open === undefined ? undefined : descriptors + open
  }
  if (!found) return undefined
  const memoryPeakBytes = pids.length === 1 ? bytesOf('VmHWM', readText(`/proc/${pid}/status`)) : undefined
  return known({ cpuS, memoryBytes, memoryPeakBytes, descriptors })
}

/** As `readTextFile`, and undefined too where the process ended a moment ago, or is a zombie, and the kernel says ESRCH. */
export function readProcText(path: string): string | undefined {
  try {
    return readTextFile(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return undefined
    throw error
  }
}

/** The ids of a process and of all below it. Children are told by the thread that started them, which need not be the first one. */
export function treeOf(pid: number, readText: ReadText = readProcText): number[] {
  const children = threadsOf(pid).map((thread) => readText(`/proc/${pid}/task/${thread}/children`) ?? '')
  return [
    pid,
    ...children
      .join(' ')
      .split(' ')
      .filter(Boolean)
      .flatMap((child) => treeOf(Number(child), readText)),
  ]
}

function threadsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`)
  } catch {
    // It is gone.
    return []
  }
}

/** utime, stime, cutime and cstime are fields 14 to 17; the name in field 2 may have spaces and brackets in it. */
function cpuTicks(stat: string | undefined): number | undefined {
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
  // A zombie has no memory any more, and its time goes to its parent.
  if (fields === undefined || fields[0] === 'Z') return undefined
  return [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index]), 0)
}

function countDescriptors(pid: number): number | undefined {
  const folder = `/proc/${pid}/fd`
  try {
    // Since Linux 6.2 the size is their number: no listing of thousands.
    return statSync(folder).size || readdirSync(folder).length
  } catch {
    // It is another user's, or gone: not measured.
    return undefined
  }
}
