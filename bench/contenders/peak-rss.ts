import { readFileSync } from 'node:fs'

/** The most memory that this process has held, in MiB: VmHWM of proc(5). `maxRSS` counts what its parent held before exec. */
export function peakRssMib(): number {
  const found = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))
  if (!found) throw new Error('/proc/self/status has no VmHWM')
  return Number(found[1]) / 1024
}
