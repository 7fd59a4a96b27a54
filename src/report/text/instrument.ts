import { fixed, grouped, notMeasured } from '../../base/format.ts'
import { printable } from '../../base/printable.ts'
import { alignRows, type Row } from '../../base/table.ts'
import type { InstrumentReadings, Left, MachineReadings } from '../../model/instrument.ts'
import type { Run } from '../../model/run.ts'

/** What the harness measured of its own threads and of the machine. */
export function instrumentLines({ instrument, mock }: Run): string[] {
  const threads = [...(instrument?.runner ?? []), ...(mock?.instrument ?? [])]
  const header = ['Event loops in ms', 'delay p50', 'p99', 'max', 'busy', 'CPU wait', 'GC', 'longest GC', 'heap MiB']
  const table = threads.length === 0 ? [] : alignRows([header, ...threads.map(threadRow)], ['left', 'right'])
  return [...table.map((line) => `    ${line}`), ...(instrument ? [machineLine(instrument.machine)] : [])]
}

function threadRow({ name, wallMs, loopDelay, loopBusyShare, gc, cpuWaitMs, heapUsedBytes }: InstrumentReadings): Row {
  return [
    `  ${printable(name)}`,
    fixed(loopDelay?.p50Ms, 1),
    fixed(loopDelay?.p99Ms, 1),
    fixed(loopDelay?.maxMs, 1),
    percent(loopBusyShare),
    percent(cpuWaitMs === undefined ? undefined : cpuWaitMs / wallMs),
    percent(gc.totalMs / wallMs),
    fixed(gc.longestMs, 1),
    fixed(heapUsedBytes / 2 ** 20, 0),
  ]
}

function machineLine({ stealShare, listenOverflows, descriptors, ports }: MachineReadings): string {
  return `    Machine: ${percent(stealShare)} CPU stolen, ${grouped(listenOverflows)} accept queue overflows, ${leftText(descriptors)} descriptors left, ${leftText(ports)} ports left`
}

function leftText(resource: Left | undefined): string {
  return resource === undefined ? notMeasured : `${grouped(resource.left)} of ${grouped(resource.limit)}`
}

function percent(share: number | undefined): string {
  return share === undefined || !Number.isFinite(share) ? notMeasured : `${(share * 100).toFixed(0)} %`
}
