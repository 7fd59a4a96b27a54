import { counted, fixed, grouped, notMeasured } from '../base/format.ts'
import type { Overhead, TimeOverhead } from '../judge/overhead.ts'
import type { Summary } from '../judge/summary.ts'
import type { Run } from '../model/run.ts'

/** Each time straight to the mock, through the gateway, and what the gateway added: what the harness itself takes stands beside. */
export function overheadLines({ overhead }: Summary, { baseline }: Pick<Run, 'baseline'>): string[] {
  if (!overhead || !baseline) return []
  const [window] = baseline.windows
  const cut = window ? `${counted(window.streams, 'stream')} of ${counted(window.chunks, 'delta')}` : 'nothing'
  const notWhole = overhead.isWhole
    ? []
    : ['    not each of those streams was whole: what is said of overhead is not to be relied on']
  return [
    '',
    `  Direct, gateway, overhead, in ms (direct: ${counted(overhead.windows, 'window')} of ${cut} straight to the mock):`,
    `    ${''.padEnd(30)}${['n', 'direct', 'gateway', 'overhead', '95 % confidence'].map((name, at) => name.padStart(at === 4 ? 24 : 10)).join('')}`,
    ...rows('Connect', overhead.connect),
    ...rows('Headers, after the request', overhead.headers),
    ...rows('TTFT', overhead.ttft),
    ...rows('Inter-chunk latency', overhead.interChunk),
    ...rows('Transit, from mock to here', overhead.transit),
    ...notWhole,
  ]
}

function rows(name: string, time: TimeOverhead | undefined): string[] {
  if (!time) return []
  return [
    row(`${name}, p50`, time.nGateway, time.p50),
    ...(time.p99 ? [row(`${name}, p99`, time.nGateway, time.p99)] : []),
  ]
}

function row(name: string, n: number, { directMs, gatewayMs, overheadMs, lowMs, highMs }: Overhead): string {
  const cells = [grouped(n), fixed(directMs, 2), fixed(gatewayMs, 2), signed(overheadMs)].map((cell) =>
    cell.padStart(10),
  )
  return `    ${name.padEnd(30)}${cells.join('')}${interval(lowMs, highMs).padStart(24)}`
}

function interval(lowMs: number | undefined, highMs: number | undefined): string {
  return lowMs === undefined || highMs === undefined ? notMeasured : `${signed(lowMs)} to ${signed(highMs)}`
}

function signed(ms: number): string {
  return `${ms < 0 ? '-' : '+'}${Math.abs(ms).toFixed(2)}`
}
