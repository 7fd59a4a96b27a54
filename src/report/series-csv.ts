import type { Second, SecondTimes } from '../judge/seconds.ts'

type Value = string | number | undefined

const timeColumns = (name: string, times: (second: Second) => SecondTimes | undefined) =>
  [
    [`${name}_n`, (second) => times(second)?.n],
    [`${name}_p50_ms`, (second) => times(second)?.p50Ms],
    [`${name}_p95_ms`, (second) => times(second)?.p95Ms],
    [`${name}_p99_ms`, (second) => times(second)?.p99Ms],
    [`${name}_max_ms`, (second) => times(second)?.maxMs],
  ] satisfies readonly Column[]

type Column = readonly [name: string, value: (second: Second, phaseNames: readonly string[]) => Value]

const columns: readonly Column[] = [
  ['second', ({ second }) => second],
  ['phase', ({ phase }, phaseNames) => phaseNames[phase] ?? phase],
  ['starts', ({ starts }) => starts],
  ['dropped', ({ dropped }) => dropped],
  ['ends', ({ ends }) => ends],
  ['failed', ({ failed }) => failed],
  ['open', ({ open }) => open],
  ['deltas', ({ deltas }) => deltas],
  ['late_max_ms', ({ lateMs }) => lateMs],
  ...timeColumns('ttft', ({ ttft }) => ttft),
  ...timeColumns('transit', ({ transit }) => transit),
  ['gateway_cpu_s', ({ gatewayCpuS }) => gatewayCpuS],
  ['gateway_memory_bytes', ({ gatewayMemoryBytes }) => gatewayMemoryBytes],
  ['gateway_active_streams', ({ activeStreams }) => activeStreams],
  ['runner_memory_bytes', ({ runnerMemoryBytes }) => runnerMemoryBytes],
]

/** The values over time as CSV (RFC 4180): a header, and one line per second and phase. Not measured: an empty field. */
export function seriesCsv(seconds: readonly Second[], phaseNames: readonly string[]): string {
  const lines = seconds.map((second) => columns.map(([, value]) => field(value(second, phaseNames))))
  return [columns.map(([name]) => name), ...lines].map((fields) => `${fields.join(',')}\r\n`).join('')
}

function field(value: Value): string {
  if (typeof value === 'string') return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value
  // Without the noise of a division.
  return value === undefined ? '' : String(Number(value.toFixed(6)))
}
