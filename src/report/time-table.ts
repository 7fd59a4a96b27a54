import { type Distribution, leastForP99, trustedP99Ms } from '../stats/distribution.ts'
import type { Summary } from '../stats/summary.ts'
import { fixed, grouped } from './figures.ts'

const columns = ['n', 'p50', 'p95', 'p99', 'max']

/** The table of times that the original lacks, each with how many it is made of. */
export function timeTable(summary: Summary): string[] {
  const { connect, headers, ttft, interChunk, transit, lateness } = summary
  return [
    row('Times in ms, failed streams too:', columns),
    timeRow('Connect', connect),
    timeRow('Headers, after the request', headers),
    timeRow('TTFT', ttft),
    timeRow('Inter-chunk latency', interChunk),
    timeRow('Transit, from mock to here', transit),
    timeRow('Lateness of our starts', lateness),
    `    (n: streams that came so far, or gaps; p99 wants n of ${leastForP99})`,
  ]
}

/** One row: a name and a distribution, `n/a` where there is none. */
export function timeRow(name: string, distribution: Distribution | undefined): string {
  const p99Ms = distribution && trustedP99Ms(distribution)
  const { n, p50Ms, p95Ms, maxMs } = distribution ?? {}
  return row(`  ${name}`, [grouped(n ?? 0), fixed(p50Ms, 1), fixed(p95Ms, 1), fixed(p99Ms, 1), fixed(maxMs, 1)])
}

function row(name: string, cells: readonly string[]): string {
  return `  ${name.padEnd(32)}${cells.map((cell) => cell.padStart(9)).join('')}`
}
