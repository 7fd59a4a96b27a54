import type { PlainError } from '../base/errors.ts'
import type { MockStats } from '../model/mock-stats.ts'
import type { Change } from './joint-peak.ts'
import type { FollowedStream } from './ledger.ts'

/** A question from one mock process about all processes. */
export type Question =
  | { readonly about: 'stats' | 'streams' | 'reset' }
  | { readonly about: 'attempts'; readonly seed: number; readonly stream: number }

/** The counts of one process at an instant, and the streams that opened or closed since its last report. */
export interface Report {
  readonly untilNs: number
  readonly changes: readonly Change[]
  readonly stats: MockStats
  /** Only if requested, as there may be many. */
  readonly streams: readonly FollowedStream[]
}

/** A message from the primary to a mock process. */
export type PrimaryMessage =
  | { readonly type: 'listen' }
  | { readonly type: 'report'; readonly id: number; readonly about: 'stats' | 'streams' | 'reset' }
  | { readonly type: 'answer'; readonly id: number; readonly answer: unknown }
  | { readonly type: 'end' }

/** A message from a mock process to the primary. `crowded`: it has many unreported changes. */
export type WorkerMessage =
  | { readonly type: 'up' }
  | { readonly type: 'listening'; readonly url: string }
  | { readonly type: 'failed'; readonly error: PlainError }
  | { readonly type: 'report'; readonly id: number; readonly report: Report }
  | { readonly type: 'question'; readonly id: number; readonly question: Question }
  | { readonly type: 'crowded' }
