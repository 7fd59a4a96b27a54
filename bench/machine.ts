import { availableParallelism, cpus, release, type } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'

/** Share of all cores above which other work affects the measurement. */
const idleShare = 0.05
/** How long to check that the machine is idle, in ms. */
const lookMs = 1_000

/** Observes the machine for a second and returns the lines about date, machine and other load. */
export async function machineLines(now: Date, nodeVersion: string, signal: AbortSignal): Promise<string[]> {
  const before = cpuTimesMs()
  await sleep(lookMs, undefined, { signal })
  const after = cpuTimesMs()
  const busy = 1 - (after.idle - before.idle) / (after.all - before.all)
  const warning = busy > idleShare ? ': NOT IDLE, the times below are not to be trusted' : ''
  return [
    `date     ${now.toISOString()}`,
    `machine  ${availableParallelism()} cores, ${cpus()[0]?.model.trim() ?? 'model unknown'}`,
    `kernel   ${type()} ${release()}`,
    `node     ${nodeVersion}`,
    `before   cores busy to ${(busy * 100).toFixed(0)} %${warning}`,
  ]
}

/** CPU times of all cores since boot. */
function cpuTimesMs(): { readonly all: number; readonly idle: number } {
  const times = cpus().map((cpu) => cpu.times)
  return {
    all: times.reduce((sum, { user, nice, sys, idle, irq }) => sum + user + nice + sys + idle + irq, 0),
    idle: times.reduce((sum, { idle }) => sum + idle, 0),
  }
}
