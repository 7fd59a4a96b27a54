import { grouped, mebibytes } from '../../base/format.ts'
import { printable } from '../../base/printable.ts'
import { alignRows } from '../../base/table.ts'
import type { JudgedRemains } from '../../judge/leaks.ts'
import type { Drain, Remains } from '../../model/drain.ts'

const labels: Readonly<Record<keyof Remains, string>> = {
  activeStreams: 'active_streams',
  mockStreams: 'Streams at the mock',
  descriptors: 'Descriptors',
  closeWaitSockets: 'CLOSE_WAIT sockets',
  upstreamSockets: 'Upstream pool',
  memoryBytes: 'Memory',
}

/** The drain in one line: how long it took, or what did not recover, and whether the gateway still serves streams. */
export function drainLine(drain: Drain, remains: readonly JudgedRemains[]): string {
  const kept = remains.filter(({ isBack }) => !isBack)
  const state =
    kept.length === 0
      ? `recovered in ${grouped(drain.tookMs)} ms`
      : `NOT RECOVERED: ${kept.map((resource) => `${labels[resource.name]} ${change(resource)}`).join('; ')}`
  return `${state} (limit ${drain.limitS} s), probe stream ${probeText(drain)}${healthText(drain)}`
}

/** The drain, a line for each resource. */
export function drainLines(drain: Drain, remains: readonly JudgedRemains[]): string[] {
  const rows = [
    ...remains.map((resource) => [`${labels[resource.name]}:`, resourceText(resource)]),
    ['Probe stream:', `${probeText(drain)}${healthText(drain)}`],
  ]
  const title = `  Drain (${grouped(drain.tookMs)} ms, limit ${drain.limitS} s):`
  return ['', title, ...alignRows(rows).map((row) => `    ${row}`)]
}

function resourceText(resource: JudgedRemains): string {
  const { before, after, isBack, backMs } = resource
  if (before === undefined && after === undefined) return 'not measured'
  const state = !isBack ? ', NOT RECOVERED' : backMs === undefined ? '' : `, recovered in ${grouped(backMs)} ms`
  return `${change(resource)}${state}`
}

function change({ name, before, after }: JudgedRemains): string {
  return `${amount(name, before)} before, ${amount(name, after)} after`
}

function probeText({ probe }: Drain): string {
  if (probe === undefined) return 'not sent'
  return probe.whole ? 'complete' : `FAILED (${printable(probe.fault ?? 'no details')})`
}

function healthText({ healthFault }: Drain): string {
  return healthFault === undefined ? '' : `, health check FAILED (${printable(healthFault)})`
}

function amount(name: keyof Remains, value: number | undefined): string {
  return name === 'memoryBytes' ? mebibytes(value) : grouped(value)
}
