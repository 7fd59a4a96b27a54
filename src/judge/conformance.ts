import type { ContentKind } from '../model/content.ts'
import type { FailureKind } from '../model/failure.ts'
import type { GatewayIdentity } from '../model/gateway.ts'
import type { Target } from '../model/target.ts'
import type { ReactionName } from './reaction.ts'

/** One thing to find out about a gateway, by one stream. */
export interface ConformCase {
  /** A fault as a plan carries it, what a client does wrong, or `clean` and a sort of answer. */
  readonly name: string
  readonly describe: string
  /** Rows of the detection matrix; none for a clean stream. */
  readonly rows: readonly number[]
  readonly fault?: string
  /** What the client does wrong, as `--client-fault` spells it without whom it befalls. */
  readonly clientFault?: string
  readonly content: ContentKind
}

/** What a case found out. */
export interface JudgedCase extends Omit<ConformCase, 'content'> {
  readonly isRight: boolean
  /** What the client saw: `whole`, or how the stream failed; `died`: the gateway did. */
  readonly seen: 'whole' | 'aborted' | 'died' | FailureKind
  /** What the gateway made of it; absent for a clean stream, and straight at the mock. */
  readonly reaction?: ReactionName | 'cancelled' | 'leaked' | 'crashed'
  /** Why it is not right; empty where it is. */
  readonly why: string
  /** Rules that the stream broke. */
  readonly rules: readonly string[]
  readonly attempts?: number
  readonly durationS: number
}

/** What was found out about a gateway, as plain data. */
export interface Conformance {
  readonly gateway: GatewayIdentity
  readonly target: Target
  readonly seed: number
  readonly idleLimitS: number
  readonly cases: readonly JudgedCase[]
  /** Faults that the protocol of the mock, which the gateway chose, does not have. */
  readonly notPlayed: readonly string[]
  /** Clean streams that ran beside, and those of them that were not whole; absent without a load. */
  readonly load?: { readonly streams: number; readonly hurt: readonly string[] }
  /** Set where an interrupt ended it. */
  readonly isPartial: boolean
}

/** What the case that asks whether a gateway lives begins its name with. */
export const aliveAfter = 'alive after '

/** Whether all is right, all was asked, and there was something to ask. */
export function isPassed({ cases, load, isPartial }: Conformance): boolean {
  const isAsked = cases.some(({ name }) => !name.startsWith(aliveAfter))
  return isAsked && !isPartial && cases.every(({ isRight }) => isRight) && (load?.hurt.length ?? 0) === 0
}
