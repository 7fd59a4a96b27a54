import type { MockStats } from '../model/mock-stats.ts'
import type { FollowedStream, Ledger } from './ledger.ts'

/** What `/__mock` reports and resets, for one process or for all processes of a mock. */
export interface Account {
  stats(): MockStats | Promise<MockStats>
  streams(): readonly FollowedStream[] | Promise<readonly FollowedStream[]>
  reset(): void | Promise<void>
}

/** One of several processes of a mock, and its view of the others. */
export interface Replica {
  /** Its number, from 0. */
  readonly index: number
  /** The number of processes. */
  readonly count: number
  /** The account of all processes. */
  readonly account: Account
  /** Counts a request for a stream across all processes; returns its number, from 1. Only used for faults that need it. */
  attempts(seed: number, stream: number): Promise<number>
  /** Called when a stream has opened (1) or closed (-1) in this process. */
  onChange(change: 1 | -1): void
  /** Sets the ledger from which this process reports. */
  useLedger(ledger: Ledger): void
}

/** A request number, from 1, that is unique across all processes. If requests are distributed evenly, no number is skipped. */
export function uniqueNumber(number: number, replica: Replica | undefined): number {
  const { index = 0, count = 1 } = replica ?? {}
  return (number - 1) * count + index + 1
}
