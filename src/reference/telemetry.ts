import type { GatewayUsage } from '../model/gateway.ts'
import { type Counts, tier } from './ledger.ts'

/** What `GET /v1/usage` answers, with ccr-rust's names. The gateway knows no prices. */
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

/** What `GET /metrics` answers: Prometheus' text format, version 0.0.4, with ccr-rust's names where it has them. */
export function metricsText(counts: Counts): string {
  const failures = [...counts.failures].map(([reason, n]) => [`{tier="${tier}",reason="${reason}"}`, n] as const)
  return [
    family('ccr_active_streams', 'gauge', 'Streams open now.', [['', counts.activeStreams]]),
    family('ccr_peak_active_streams', 'gauge', 'Most streams ever open at once.', [['', counts.peakActiveStreams]]),
    family('ccr_active_requests', 'gauge', 'Requests open now, streams among them.', [['', counts.activeRequests]]),
    family('ccr_requests_total', 'counter', 'Requests accepted.', [[`{tier="${tier}"}`, counts.requests]]),
    family('ccr_failures_total', 'counter', 'Requests that failed upstream, also in mid-stream.', failures),
    family('ccr_stream_backpressure_total', 'counter', 'Times an upstream was paused for a slow client.', [
      ['', counts.backpressure],
    ]),
    family('ccr_input_tokens_total', 'counter', 'Prompt tokens, as the upstream told.', [
      [`{tier="${tier}"}`, counts.inputTokens],
    ]),
    family('ccr_output_tokens_total', 'counter', 'Completion tokens, as the upstream told.', [
      [`{tier="${tier}"}`, counts.outputTokens],
    ]),
    family(
      'ccr_upstream_attempts_total',
      'counter',
      'Requests sent upstream, repeats on a dead connection among them.',
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
