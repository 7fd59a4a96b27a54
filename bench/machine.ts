import { availableParallelism, cpus, release, type } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'

/** Share of the cores above which other work was there to be measured with. */
const idleShare = 0.05
/** How long to look whether the machine is idle, in ms. */
const lookMs = 1_000

/** Looks at the machine for a second; the lines that say when and on what was measured. */
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

/** What all cores did since the start of the machine. */
function cpuTimesMs(): { readonly all: number; readonly idle: number } {
  const times = cpus().map((cpu) => cpu.times)
  return {
    all: times.reduce((sum, { user, nice, sys, idle, irq }) => sum + user + nice + sys + idle + irq, 0),
    idle: times.reduce((sum, { idle }) => sum + idle, 0),
  }
}
