import { fixed, grouped, notMeasured } from '../base/format.ts'
import { printable } from '../base/printable.ts'
import type { Timing } from '../judge/timing.ts'
import type { InstrumentReadings, Left, MachineReadings } from '../model/instrument.ts'
import type { Run } from '../model/run.ts'

const columns = ['delay p50', 'p99', 'max', 'busy', 'CPU wait', 'GC', 'longest', 'heap MiB']

/** Whether the times above are the gateway's, and what the harness measured of itself. */
export function instrumentLines({ instrument, mock }: Run, { state, reasons }: Timing): string[] {
  const threads = [...(instrument?.runner ?? []), ...(mock?.instrument ?? [])]
  return [
    '',
    `  Timing: ${state}`,
    ...reasons.map((reason) => `    ${printable(reason)}`),
    ...(threads.length === 0 ? [] : [row('  Event loops, times in ms:', columns), ...threads.map(threadRow)]),
    ...(instrument ? [machineLine(instrument.machine)] : []),
  ]
}

function threadRow({ name, wallMs, loopDelay, loopBusyShare, gc, cpuWaitMs, ...heap }: InstrumentReadings): string {
  return row(`    ${printable(name)}`, [
    fixed(loopDelay?.p50Ms, 1),
    fixed(loopDelay?.p99Ms, 1),
    fixed(loopDelay?.maxMs, 1),
    percent(loopBusyShare),
    percent(cpuWaitMs === undefined ? undefined : cpuWaitMs / wallMs),
    percent(gc.totalMs / wallMs),
    fixed(gc.longestMs, 1),
    fixed(heap.heapUsedBytes / 2 ** 20, 0),
  ])
}

function machineLine({ stealShare, listenOverflows, descriptors, ports }: MachineReadings): string {
  const parts = [
    `${percent(stealShare)} stolen`,
    `${grouped(listenOverflows)} full accept queues`,
    `${leftText(descriptors)} descriptors left`,
    `${leftText(ports)} ports left`,
  ]
  return `    machine: ${parts.join(', ')}`
}

function leftText(of: Left | undefined): string {
  return of === undefined ? notMeasured : `${grouped(of.left)} of ${grouped(of.limit)}`
}

function percent(share: number | undefined): string {
  return share === undefined || !Number.isFinite(share) ? notMeasured : `${(share * 100).toFixed(0)} %`
}

function row(name: string, cells: readonly string[]): string {
  return `  ${name.padEnd(26)}${cells.map((cell) => cell.padStart(10)).join('')}`
}
