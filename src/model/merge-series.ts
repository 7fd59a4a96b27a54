import { SecondHistogram } from './second-histogram.ts'
import type { LoadSeries } from './series.ts'

interface Row {
  readonly second: number
  readonly phase: number
  starts: number
  dropped: number
  ends: number
  failed: number
  deltas: number
  lateUs: number
  readonly ttft: string[]
  readonly transit: string[]
}

/** Merges the series of concurrent parts of one load, whose second 0 is the same. Exact, whatever the sequence of the parts. */
export function mergeSeries(parts: readonly LoadSeries[]): LoadSeries | undefined {
  const [first, ...others] = parts.filter(({ second }) => second.length > 0)
  if (first === undefined || others.length === 0) return first ?? parts[0]
  const rows = new Map<string, Row>()
  for (const part of [first, ...others])
    for (const [at, second] of part.second.entries()) addTo(rows, part, at, second, part.phase[at] as number)
  const sorted = [...rows.values()].sort((a, b) => a.second - b.second || a.phase - b.phase)
  const histogram = new SecondHistogram()
  const merged = (texts: readonly string[]) => {
    for (const text of texts) histogram.add(text)
    return histogram.take()
  }
  const hasTransit = [first, ...others].some(({ transit }) => transit !== undefined)
  return {
    beginNs: Math.min(first.beginNs, ...others.map(({ beginNs }) => beginNs)),
    second: sorted.map(({ second }) => second),
    phase: sorted.map(({ phase }) => phase),
    starts: sorted.map(({ starts }) => starts),
    dropped: sorted.map(({ dropped }) => dropped),
    ends: sorted.map(({ ends }) => ends),
    failed: sorted.map(({ failed }) => failed),
    deltas: sorted.map(({ deltas }) => deltas),
    lateUs: sorted.map(({ lateUs }) => lateUs),
    ttft: sorted.map(({ ttft }) => merged(ttft)),
    ...(hasTransit ? { transit: sorted.map(({ transit }) => merged(transit)) } : {}),
  }
}

function addTo(rows: Map<string, Row>, part: LoadSeries, at: number, second: number, phase: number): void {
  const key = `${second} ${phase}`
  let row = rows.get(key)
  if (row === undefined) {
    row = { second, phase, starts: 0, dropped: 0, ends: 0, failed: 0, deltas: 0, lateUs: 0, ttft: [], transit: [] }
    rows.set(key, row)
  }
  row.starts += part.starts[at] as number
  row.dropped += part.dropped[at] as number
  row.ends += part.ends[at] as number
  row.failed += part.failed[at] as number
  row.deltas += part.deltas[at] as number
  row.lateUs = Math.max(row.lateUs, part.lateUs[at] as number)
  row.ttft.push(part.ttft[at] as string)
  row.transit.push(part.transit?.[at] ?? '')
}
