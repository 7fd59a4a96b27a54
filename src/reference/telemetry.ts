import type { GatewayUsage } from '../model/gateway.ts'
import { type Counts, tier } from './ledger.ts'

/** The body of `GET /v1/usage`, with ccr-rust's names. The gateway knows no prices. */
export function usageReport(counts: Counts): GatewayUsage & { total_cost_usd: number; tiers: readonly object[] } {
  const failures = sum(counts.failures.values())
  return {
    total_requests: counts.requests,
    total_failures: failures,
    total_input_tokens: counts.inputTokens,
    total_output_tokens: counts.outputTokens,
    total_cost_usd: 0,
    active_streams: counts.activeStreams,
    active_requests: counts.activeRequests,
    tiers: [{ tier, requests: counts.requests, failures }],
  }
}

/** The body of `GET /metrics` in Prometheus' text format 0.0.4, with ccr-rust's names if it has them. */
export function metricsText(counts: Counts): string {
  const failures = [...counts.failures].map(([reason, n]) => [`{tier="${tier}",reason="${reason}"}`, n] as const)
  return [
    family('ccr_active_streams', 'gauge', 'Streams open now.', [['', counts.activeStreams]]),
    family('ccr_peak_active_streams', 'gauge', 'Highest number of streams open at once.', [
      ['', counts.peakActiveStreams],
    ]),
    family('ccr_active_requests', 'gauge', 'Requests open now, including streams.', [['', counts.activeRequests]]),
    family('ccr_requests_total', 'counter', 'Requests accepted.', [[`{tier="${tier}"}`, counts.requests]]),
    family('ccr_failures_total', 'counter', 'Requests that failed upstream, including midstream.', failures),
    family('ccr_stream_backpressure_total', 'counter', 'Times an upstream was paused for a slow client.', [
      ['', counts.backpressure],
    ]),
    family('ccr_input_tokens_total', 'counter', 'Prompt tokens reported by the upstream.', [
      [`{tier="${tier}"}`, counts.inputTokens],
    ]),
    family('ccr_output_tokens_total', 'counter', 'Completion tokens reported by the upstream.', [
      [`{tier="${tier}"}`, counts.outputTokens],
    ]),
    family(
      'ccr_upstream_attempts_total',
      'counter',
      'Requests sent upstream, including repeats after a dead connection.',
      [['', counts.attempts]],
    ),
    family('ccr_client_aborts_total', 'counter', 'Requests whose client left before the end.', [
      ['', counts.clientAborts],
    ]),
  ].join('')
}

function family(
  name: string,
  type: 'gauge' | 'counter',
  help: string,
  samples: readonly (readonly [string, number])[],
): string {
  const lines = samples.map(([labels, value]) => `${name}${labels} ${value}\n`)
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`
}

function sum(numbers: Iterable<number>): number {
  let total = 0
  for (const number of numbers) total += number
  return total
}
