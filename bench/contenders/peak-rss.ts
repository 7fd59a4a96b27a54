import { bytesOf, readTextFile } from '../../src/host/proc.ts'

/** Peak memory of this process, in MiB: VmHWM of proc(5). `maxRSS` would include its parent's memory before exec. */
export function peakRssMib(): number {
  const bytes = bytesOf('VmHWM', readTextFile('/proc/self/status'))
  if (bytes === undefined) throw new Error('/proc/self/status has no VmHWM')
  return bytes / 2 ** 20
}
