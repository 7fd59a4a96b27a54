import { fixed, grouped } from '../base/format.ts'
import type { CensoredDistribution } from '../judge/censored.ts'
import { type Distribution, minForP99 } from '../judge/distribution.ts'
import type { Summary } from '../judge/summary.ts'

const columns = ['n', 'p50', 'p95', 'p99', 'p99.9', 'p99.99', 'max']

/** The table of times that the original lacks, each with how many it is made of. */
export function timeTable(summary: Summary): string[] {
  const { connect, headers, ttft, interChunk, transit, lateness, ttftCensored, durationCensored } = summary
  return [
    row('Times in ms, failed streams too:', columns),
    timeRow('Connect', connect),
    timeRow('Headers, after the request', headers),
    timeRow('TTFT', ttft),
    ...(ttftCensored ? [timeRow('  of whole streams only', summary.ttftWhole)] : []),
    ...censoredRow('  failed as longer than any', ttftCensored),
    ...(durationCensored ? [timeRow('Duration of whole streams', summary.duration)] : []),
    ...censoredRow('  failed as longer than any', durationCensored),
    timeRow('Inter-chunk latency', interChunk),
    timeRow('Transit, from mock to here', transit),
    timeRow('Lateness of our starts', lateness),
    `    (n: streams that came so far, or gaps; p99 wants n of ${minForP99}, p99.9 ${grouped(10 * minForP99)}, p99.99 ${grouped(100 * minForP99)})`,
  ]
}

/** One row: a name and a distribution, `n/a` where there is none. */
export function timeRow(name: string, distribution: Distribution | undefined): string {
  const { n, p50Ms, p95Ms, maxMs } = distribution ?? {}
  const { p99Ms, p999Ms, p9999Ms } = distribution?.tail ?? {}
  const times = [p50Ms, p95Ms, p99Ms, p999Ms, p9999Ms, maxMs]
  return row(`  ${name}`, [grouped(n ?? 0), ...times.map((time) => fixed(time, 1))])
}

/** What was never reached is no number. */
function censoredRow(name: string, distribution: CensoredDistribution | undefined): string[] {
  if (!distribution) return []
  const { n, p50Ms, p95Ms, p99Ms } = distribution
  const cells = [p50Ms, p95Ms, n < minForP99 ? undefined : p99Ms].map((time, index) =>
    time === undefined && (index < 2 || n >= minForP99) ? 'never' : fixed(time, 1),
  )
  return [row(`  ${name}`, [grouped(n), ...cells])]
}

function row(name: string, cells: readonly string[]): string {
  return `  ${name.padEnd(32)}${cells.map((cell) => cell.padStart(9)).join('')}`
}
