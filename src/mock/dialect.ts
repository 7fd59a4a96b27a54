import type { PlanKey } from '../plan.ts'

/** What an answer is written from, whatever its protocol. */
export interface Head {
  readonly key: Pick<PlanKey, 'seed' | 'stream'>
  readonly model: string
  readonly promptTokens: number
  /** Deltas, and as many completion tokens. */
  readonly chunks: number
  /** Whether a chat completion's stream has to say its usage. */
  readonly includeUsage: boolean
}

/** The events of one stream as SSE text: what comes before the deltas, each delta, and what comes after them. */
export interface Script {
  readonly opening: readonly string[]
  /** Called once for each delta, in order. */
  readonly delta: (text: string) => string
  /** `wholeText` says all that the deltas said; not every protocol repeats it. */
  readonly closing: (wholeText: () => string) => readonly string[]
}

/** How one protocol tells an answer: as a stream, or whole in one body. */
export interface Dialect {
  readonly script: (head: Head) => Script
  readonly answer: (head: Head, text: string) => object
}

/** When each answer was made, in s since 1970: always the same, so that the same seed gives the same bytes. */
export const createdS = 1_700_000_000

/** What tells an answer's id from another plan's; the same plan has the same. */
export function idOf(prefix: string, { seed, stream }: Head['key']): string {
  return `${prefix}-${seed}-${stream}`
}
