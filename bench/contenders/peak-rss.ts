import { bytesOf, readTextFile } from '../../src/host/proc.ts'

/** The most memory that this process has held, in MiB: VmHWM of proc(5). `maxRSS` counts what its parent held before exec. */
export function peakRssMib(): number {
  const bytes = bytesOf('VmHWM', readTextFile('/proc/self/status'))
  if (bytes === undefined) throw new Error('/proc/self/status has no VmHWM')
  return bytes / 2 ** 20
}
