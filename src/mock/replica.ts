import type { MockStats } from '../model/mock-stats.ts'
import type { FollowedStream, Ledger } from './ledger.ts'

/** What `/__mock` tells, and counts anew: of one process, or of all that serve together. */
export interface Account {
  stats(): MockStats | Promise<MockStats>
  streams(): readonly FollowedStream[] | Promise<readonly FollowedStream[]>
  reset(): void | Promise<void>
}

/** One of several processes that are one mock, as it sees the others. */
export interface Replica {
  /** Its number from 0, and how many there are. */
  readonly index: number
  readonly of: number
  /** Of all of them. */
  readonly account: Account
  /** Counts a request for a stream whose fault depends on it, and says which it is, from 1, whichever process had those before. */
  attempts(seed: number, stream: number): Promise<number>
  /** A stream has opened (1) or closed (-1) here. */
  onChange(change: 1 | -1): void
  /** Its own ledger, from which it tells its part. */
  serves(ledger: Ledger): void
}

/** A request's number, from 1, that no other process gives: with as many at each, the numbers are those of one process. */
export function asOne(number: number, replica: Replica | undefined): number {
  const { index = 0, of = 1 } = replica ?? {}
  return (number - 1) * of + index + 1
}
