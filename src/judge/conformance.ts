import type { ContentKind } from '../model/content.ts'
import type { FailureKind } from '../model/failure.ts'
import type { GatewayIdentity } from '../model/gateway.ts'
import type { Target } from '../model/target.ts'
import type { ReactionName } from './reaction.ts'

/** One case of the detection matrix: one stream through the gateway. */
export interface ConformCase {
  /** A fault as a plan carries it, a client fault, or `clean` with a kind of content. */
  readonly name: string
  readonly describe: string
  /** Rows of the detection matrix; none for a clean stream. */
  readonly rows: readonly number[]
  readonly fault?: string
  /** A client fault with its position, as `--client-fault` spells it. */
  readonly clientFault?: string
  readonly content: ContentKind
}

/** The result of a case. */
export interface JudgedCase extends Omit<ConformCase, 'content'> {
  readonly isRight: boolean
  /** What the client saw: `whole`, or how the stream failed; `died` if the gateway did. */
  readonly seen: 'whole' | 'aborted' | 'died' | FailureKind
  /** The reaction of the gateway; absent for a clean stream, and without a gateway. */
  readonly reaction?: ReactionName | 'cancelled' | 'leaked' | 'crashed'
  /** Why the case failed; empty if it passed. */
  readonly why: string
  /** Rules that the stream broke. */
  readonly rules: readonly string[]
  readonly attempts?: number
  readonly durationS: number
}

/** The result of `conform`: every case, as plain data. */
export interface Conformance {
  readonly gateway: GatewayIdentity
  readonly target: Target
  readonly seed: number
  readonly idleLimitS: number
  readonly cases: readonly JudgedCase[]
  /** Names of skipped cases: the protocol in which the gateway asked the mock does not have these faults. */
  readonly notPlayed: readonly string[]
  /** The background load: its clean streams, and those of them that failed, as text; absent without a load. */
  readonly load?: { readonly streams: number; readonly hurt: readonly string[] }
  /** Whether an interrupt ended it early. */
  readonly isPartial: boolean
}

/** The name of a probe case, which shows whether the gateway still works, starts with this. */
export const probeAfter = 'probe after '

/** Whether every case passed, no background stream failed, nothing was interrupted, and at least one case besides probes ran. */
export function isPassed({ cases, load, isPartial }: Conformance): boolean {
  const isTested = cases.some(({ name }) => !name.startsWith(probeAfter))
  return isTested && !isPartial && cases.every(({ isRight }) => isRight) && (load?.hurt.length ?? 0) === 0
}
