import type { PlainError } from '../base/errors.ts'
import type { MockStats } from '../model/mock-stats.ts'
import type { Change } from './joint-peak.ts'
import type { FollowedStream } from './ledger.ts'

/** What a process of the mock asks of all of them together. */
export type Question =
  | { readonly about: 'stats' | 'streams' | 'reset' }
  | { readonly about: 'attempts'; readonly seed: number; readonly stream: number }

/** What one process has, at an instant: its counts, and each stream that opened or closed since it told last. */
export interface Part {
  readonly untilNs: number
  readonly changes: readonly Change[]
  readonly stats: MockStats
  /** Only where they were asked for, as they may be many. */
  readonly streams: readonly FollowedStream[]
}

/** What the primary tells a process of the mock. */
export type Order =
  | { readonly do: 'listen' }
  | { readonly do: 'tell'; readonly id: number; readonly about: 'stats' | 'streams' | 'reset' }
  | { readonly do: 'hear'; readonly id: number; readonly answer: unknown }
  | { readonly do: 'end' }

/** What a process of the mock tells the primary. `crowded`: it has many changes to tell. */
export type Word =
  | { readonly say: 'up' }
  | { readonly say: 'listens'; readonly url: string }
  | { readonly say: 'failed'; readonly error: PlainError }
  | { readonly say: 'told'; readonly id: number; readonly part: Part }
  | { readonly say: 'ask'; readonly id: number; readonly question: Question }
  | { readonly say: 'crowded' }
