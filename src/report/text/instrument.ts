import { duration, fixed, grouped, notMeasured } from '../../base/format.ts'
import { printable } from '../../base/printable.ts'
import { alignRows, type Row } from '../../base/table.ts'
import { partPausesOf, pauseMs } from '../../judge/pauses.ts'
import type { InstrumentReadings, Left, MachineReadings } from '../../model/instrument.ts'
import type { Run } from '../../model/run.ts'

/** Pauses that the report shows. */
const shownPauses = 5

/** What the harness measured of its own threads and of the machine. */
export function instrumentLines(run: Run): string[] {
  const { instrument, mock } = run
  const threads = [...(instrument?.runner ?? []), ...(mock?.instrument ?? [])]
  const header = ['Event loops in ms', 'delay p50', 'p99', 'max', 'busy', 'CPU wait', 'GC', 'longest GC', 'heap MiB']
  const table = threads.length === 0 ? [] : alignRows([header, ...threads.map(threadRow)], ['left', 'right'])
  return [
    ...table.map((line) => `    ${line}`),
    ...pauseLine(run),
    ...(instrument ? [machineLine(instrument.machine)] : []),
  ]
}

/** The longest pauses of each part of the harness, in order of time; no line without any. */
function pauseLine(run: Run): string[] {
  const all = partPausesOf(run).flatMap(({ thread, pauses }) =>
    pauses.map((pause) => ({ thread, fromNs: pause.fromNs, ms: pauseMs(pause) })),
  )
  if (all.length === 0) return []
  const startNs = run.records.reduce((first, { startedNs }) => Math.min(first, startedNs), Number.POSITIVE_INFINITY)
  const longest = all
    .toSorted((a, b) => b.ms - a.ms)
    .slice(0, shownPauses)
    .sort((a, b) => a.fromNs - b.fromNs)
    .map(({ thread, fromNs, ms }) => {
      const afterMs = Math.max(0, (fromNs - startNs) / 1e6)
      return `${printable(thread)} ${duration(ms)} (${duration(afterMs)} after the start)`
    })
  const more = all.length > longest.length ? `, and ${all.length - longest.length} shorter` : ''
  return [`    Pauses: ${longest.join(', ')}${more}`]
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
