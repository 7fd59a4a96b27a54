/** Each class of what a run finds out about its gateway beside its streams. */
export type GatewayFindingClass =
  | 'gauge_leak'
  | 'fd_leak'
  | 'upstream_not_cancelled'
  | 'dead_after'
  | 'memory_growth'
  | 'buffered'
  | 'coalesced'
  | 'bimodal'
  | 'nagle'
  | 'accept_backlog'
  | 'stalled_together'
  | 'hol_blocking'
  | 'telemetry_untrue'
  | 'retry_amplification'

/** One thing that is not as it has to be, as plain data. */
export interface GatewayFinding {
  readonly class: GatewayFindingClass
  /** What was looked at, by the name that the gateway gives it where it is the gateway's own. */
  readonly metric: string
  readonly expected: string
  readonly got: string
}

/** The finding as a reason of a verdict. */
export function sentenceOf({ class: kind, metric, expected, got }: GatewayFinding): string {
  return `${kind}: ${metric}: expected ${expected}, got ${got}`
}

/** How much a finding weighs: a failure, a warning, or a note that leaves the verdict as it is, as a busy machine makes such shapes too. */
export function weightOf({ class: kind }: GatewayFinding): 'failure' | 'warning' | 'note' {
  switch (kind) {
    case 'gauge_leak':
    case 'fd_leak':
    case 'upstream_not_cancelled':
    case 'dead_after':
    case 'hol_blocking':
      return 'failure'
    case 'memory_growth':
    case 'buffered':
    case 'telemetry_untrue':
    case 'retry_amplification':
    case 'accept_backlog':
      return 'warning'
    case 'coalesced':
    case 'bimodal':
    case 'nagle':
    case 'stalled_together':
      return 'note'
  }
}
