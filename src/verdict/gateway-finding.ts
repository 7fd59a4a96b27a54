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

/** Whether a finding makes the run a failure; the others are a warning. */
export function isFatal({ class: kind }: GatewayFinding): boolean {
  switch (kind) {
    case 'gauge_leak':
    case 'fd_leak':
    case 'upstream_not_cancelled':
    case 'dead_after':
    case 'hol_blocking':
      return true
    case 'memory_growth':
    case 'buffered':
    case 'coalesced':
    case 'bimodal':
    case 'nagle':
    case 'telemetry_untrue':
    case 'retry_amplification':
      return false
  }
}
