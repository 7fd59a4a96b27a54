/** How severe a finding is. A note does not change the verdict, because a busy machine can cause the same pattern. */
type Weight = 'failure' | 'warning' | 'note'

/** Every class of finding about the gateway itself, most severe first. */
const classes = [
  { class: 'gauge_leak', weight: 'failure', title: 'active_streams gauge did not return to its value before the load' },
  { class: 'fd_leak', weight: 'failure', title: 'descriptors or sockets were not closed after the load' },
  { class: 'upstream_not_cancelled', weight: 'failure', title: 'upstream streams continued after their clients left' },
  { class: 'dead_after', weight: 'failure', title: 'gateway did not serve a stream after the load' },
  { class: 'hol_blocking', weight: 'failure', title: 'slow readers held up other streams' },
  { class: 'memory_growth', weight: 'warning', title: 'memory did not return to its value before the load' },
  { class: 'buffered', weight: 'warning', title: 'streams were buffered and arrived in one burst' },
  { class: 'accept_backlog', weight: 'warning', title: 'connects waited for a full accept queue' },
  { class: 'retry_amplification', weight: 'warning', title: 'gateway repeated requests without an upstream failure' },
  { class: 'telemetry_untrue', weight: 'warning', title: 'gateway telemetry differs from the load' },
  { class: 'coalesced', weight: 'note', title: 'deltas were merged' },
  { class: 'bimodal', weight: 'note', title: 'time to first token has two modes' },
  { class: 'nagle', weight: 'note', title: "deltas waited for a delayed acknowledgement (Nagle's algorithm)" },
  { class: 'stalled_together', weight: 'note', title: 'streams stalled at the same instant' },
] as const satisfies readonly { readonly class: string; readonly weight: Weight; readonly title: string }[]

export type GatewayFindingClass = (typeof classes)[number]['class']

/** Every class, most severe first. */
export const gatewayFindingClasses = classes.map((entry) => entry.class)

const byClass = new Map(classes.map((entry) => [entry.class as GatewayFindingClass, entry]))

/** One defect of the gateway itself, not of a single stream, as plain data. */
export interface GatewayFinding {
  readonly class: GatewayFindingClass
  /** What was measured; a metric of the gateway keeps the gateway's name for it. */
  readonly metric: string
  readonly expected: string
  readonly got: string
}

/** The finding as a reason of a verdict. */
export function sentenceOf({ class: kind, metric, expected, got }: GatewayFinding): string {
  return `${kind}: ${metric}: expected ${expected}, got ${got}`
}

/** How severe a finding is; one of an unknown class is a note. */
export function weightOf(finding: GatewayFinding): Weight {
  return byClass.get(finding.class)?.weight ?? 'note'
}

/** What a class of finding means, in a few words. */
export function titleOf(finding: GatewayFinding): string {
  return byClass.get(finding.class)?.title ?? finding.class
}
