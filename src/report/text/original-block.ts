import { fixed, grouped } from '../../base/format.ts'
import type { Distribution } from '../../judge/distribution.ts'
import type { Summary } from '../../judge/summary.ts'
import type { GatewayUsage } from '../../model/gateway.ts'

/** The line above and below the title and the result. */
const rule = '='.repeat(72)

/**
 * The report in the original's exact shape, which people and scripts recognise; its p99 is printed for any number of
 * streams, as there. `result` is what follows `RESULT: `.
 */
export function originalBlock(summary: Summary, usage: GatewayUsage | undefined, result: string): string[] {
  const { requested, whole, failed, wallS, peakOpen, gatewayPeak, errors, totals } = summary
  return [
    ...framed('CCR-RUST SSE STRESS TEST REPORT'),
    '',
    `  Streams:  ${requested}`,
    `  Success:  ${whole}  |  Failed: ${failed}`,
    `  Wall time: ${wallS === undefined ? fixed(wallS, 2) : `${fixed(wallS, 2)}s`}`,
    `  Peak local concurrency: ${peakOpen}`,
    `  Peak ccr active_streams: ${fixed(gatewayPeak, 0)}`,
    '',
    ...(errors.length > 0 ? ['  Errors:', ...errors.map(({ kind, count }) => `    ${kind}: ${count}`), ''] : []),
    '  Time-to-First-Byte (TTFB):',
    ...percentiles(summary.ttfb),
    '',
    '  Stream Duration:',
    ...percentiles(summary.duration),
    '',
    '  Throughput:',
    `    Total bytes:  ${grouped(totals.bytes).padStart(12)}`,
    `    Total chunks: ${grouped(totals.chunks).padStart(12)}`,
    `    Aggregate:    ${withUnit(fixed(summary.throughputMbps, 2).padStart(9), 'Mbps')}`,
    '',
    ...(usage ? usageLines(usage) : []),
    ...framed(`RESULT: ${result}`),
  ]
}

function framed(text: string): string[] {
  return [rule, `  ${text}`, rule]
}

function percentiles(distribution: Distribution | undefined): string[] {
  const row = (name: string, ms: number | undefined) => `    ${name}:${withUnit(fixed(ms, 1).padStart(12), 'ms')}`
  return [
    row('p50', distribution?.p50Ms),
    row('p95', distribution?.p95Ms),
    row('p99', distribution?.p99Ms),
    row('max', distribution?.maxMs),
  ]
}

function withUnit(text: string, unit: string): string {
  return text.endsWith('n/a') ? text : `${text} ${unit}`
}

function usageLines({ total_requests, total_failures, active_streams }: GatewayUsage): string[] {
  return [
    '  CCR Usage (post-test):',
    `    total_requests: ${fixed(total_requests, 0)}`,
    `    total_failures: ${fixed(total_failures, 0)}`,
    `    active_streams: ${fixed(active_streams, 0)}`,
    '',
  ]
}
