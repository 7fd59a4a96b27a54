import { counted, fixed, grouped, notMeasured } from '../../base/format.ts'
import { alignRows, type Column, type Row } from '../../base/table.ts'
import type { CensoredDistribution } from '../../judge/censored.ts'
import { type Distribution, minForP99 } from '../../judge/distribution.ts'
import type { Overhead, OverheadSummary, TimeOverhead } from '../../judge/overhead.ts'
import type { Summary } from '../../judge/summary.ts'
import type { Run } from '../../model/run.ts'

const columns: readonly Column[] = ['left', { align: 'right', minWidth: 7 }]

/** TTFT, inter-chunk latency and transit: direct, through the gateway, and the difference; `n/a` with too few values. */
export function shortTimeTable({ ttft, interChunk, transit, overhead }: Summary): string[] {
  const rows = [
    ['Times in ms', 'n', 'direct', 'gateway', 'overhead', '95 % interval'],
    ...(['p50', 'p99'] as const).map((percentile) => row('TTFT', percentile, ttft, overhead?.ttft)),
    ...(['p50', 'p99'] as const).map((percentile) =>
      row('Inter-chunk latency', percentile, interChunk, overhead?.interChunk),
    ),
    ...(['p50', 'p99'] as const).map((percentile) => row('Transit', percentile, transit, overhead?.transit)),
  ]
  return [...indented(alignRows(rows, columns)), ...overheadWarning(overhead)]
}

function row(
  name: string,
  percentile: 'p50' | 'p99',
  measured: Distribution | undefined,
  overhead: TimeOverhead | undefined,
): Row {
  const compared = overhead?.[percentile]
  if (overhead && compared) return overheadRow(`${name} ${percentile}`, overhead.nGateway, compared)
  const gatewayMs = percentile === 'p50' ? measured?.p50Ms : measured?.tail.p99Ms
  const n = grouped(measured?.n ?? 0)
  return [`${name} ${percentile}`, n, notMeasured, fixed(gatewayMs, 2), notMeasured, notMeasured]
}

/** All times of the load through the gateway, with how many values each has. */
export function timeTable(summary: Summary): string[] {
  const { connect, headers, ttft, interChunk, transit, lateness, ttftCensored, durationCensored } = summary
  const rows = [
    ['Times in ms (failed streams included)', 'n', 'p50', 'p95', 'p99', 'p99.9', 'p99.99', 'max'],
    timeRow('Connect', connect),
    timeRow('Headers after the request', headers),
    timeRow('TTFT', ttft),
    ...(ttftCensored ? [timeRow('  complete streams only', summary.ttftWhole)] : []),
    ...censoredRows(ttftCensored),
    ...(durationCensored ? [timeRow('Duration of complete streams', summary.duration)] : []),
    ...censoredRows(durationCensored),
    timeRow('Inter-chunk latency', interChunk),
    timeRow('Transit (mock to runner)', transit),
    timeRow('Start lateness', lateness),
  ]
  const [p99, p999, p9999] = [minForP99, 10 * minForP99, 100 * minForP99].map(grouped)
  return [
    ...indented(alignRows(rows, columns)),
    `  (n counts the streams that got that far, or gaps; p99 needs n >= ${p99}, p99.9 ${p999}, p99.99 ${p9999})`,
  ]
}

/** `n/a` for what has no or too few values. */
function timeRow(name: string, distribution: Distribution | undefined): Row {
  const { n = 0, p50Ms, p95Ms, maxMs, tail } = distribution ?? {}
  const times = [p50Ms, p95Ms, tail?.p99Ms, tail?.p999Ms, tail?.p9999Ms, maxMs]
  return [`  ${name}`, grouped(n), ...times.map((time) => fixed(time, 1))]
}

/** A percentile that only failed streams reach has no number. */
function censoredRows(distribution: CensoredDistribution | undefined): Row[] {
  if (!distribution) return []
  const { n, p50Ms, p95Ms, p99Ms } = distribution
  const time = (ms: number | undefined) => (ms === undefined ? 'never' : fixed(ms, 1))
  const p99 = n < minForP99 ? notMeasured : time(p99Ms)
  return [['    with failed streams as longest', grouped(n), time(p50Ms), time(p95Ms), p99, '', '', '']]
}

/** Every time direct, through the gateway, and the difference. */
export function overheadLines({ baseline }: Run, overhead: OverheadSummary | undefined): string[] {
  if (!overhead || !baseline) return []
  const [window] = baseline.windows
  const load = window ? `${counted(window.streams, 'stream')} of ${counted(window.chunks, 'delta')}` : 'nothing'
  const rows = [
    ['Overhead in ms', 'n', 'direct', 'gateway', 'overhead', '95 % interval'],
    ...overheadRows('Connect', overhead.connect),
    ...overheadRows('Headers after the request', overhead.headers),
    ...overheadRows('TTFT', overhead.ttft),
    ...overheadRows('Inter-chunk latency', overhead.interChunk),
    ...overheadRows('Transit (mock to runner)', overhead.transit),
  ]
  return [
    '',
    ...indented(alignRows(rows, columns)),
    `  (direct: ${counted(overhead.windows, 'window')} of ${load})`,
    ...overheadWarning(overhead),
  ]
}

function overheadRows(name: string, time: TimeOverhead | undefined): Row[] {
  if (!time) return []
  const { nGateway, p50, p99 } = time
  return [overheadRow(`  ${name} p50`, nGateway, p50), ...(p99 ? [overheadRow(`  ${name} p99`, nGateway, p99)] : [])]
}

function overheadRow(name: string, n: number, overhead: Overhead): Row {
  const { directMs, gatewayMs, overheadMs, lowMs, highMs } = overhead
  const interval = lowMs === undefined || highMs === undefined ? notMeasured : `${signed(lowMs)} to ${signed(highMs)}`
  return [name, grouped(n), fixed(directMs, 2), fixed(gatewayMs, 2), signed(overheadMs), interval]
}

function overheadWarning(overhead: OverheadSummary | undefined): string[] {
  if (!overhead || overhead.isWhole) return []
  return ['  Some baseline streams failed; the overhead figures are unreliable.']
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`)
}

function signed(ms: number): string {
  return `${ms < 0 ? '-' : '+'}${Math.abs(ms).toFixed(2)}`
}
