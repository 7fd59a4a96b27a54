import { readFile } from 'node:fs/promises'

/** What one tick of proc(5) is in us: USER_HZ is 100 on every architecture that Node runs on. */
const tickUs = 10_000

/** User and system time in us of processes that still run, all their threads, from /proc/<pid>/stat. */
export async function cpuUsOf(pids: readonly number[]): Promise<number> {
  const stats = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8')))
  return stats.reduce((sum, stat) => sum + cpuUsOfStat(stat), 0)
}

/** Reads one line of /proc/<pid>/stat; the name in brackets may hold blanks and brackets itself. */
export function cpuUsOfStat(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const ticks = Number(fields[11]) + Number(fields[12])
  if (!Number.isInteger(ticks)) throw new Error(`no times in /proc/<pid>/stat: ${stat}`)
  return ticks * tickUs
}
