import type { Buffer } from 'node:buffer'
import type { Random } from '../base/random.ts'

/** The direction in which a toxic acts: toward the client, or toward the upstream. */
export type Stream = 'downstream' | 'upstream'

/** What an attribute counts; a KB is 1000 bytes, as toxiproxy counts. */
export type Unit = 'ms' | 'us' | 'KB/s' | 'bytes'

/** What an attribute of a toxic may be, in its unit. Without a default it must be given. */
export interface Attribute {
  readonly unit: Unit
  readonly min: number
  readonly max: number
  readonly default?: number
}

/** Where a toxic puts bytes and their end. The end comes once and last, however the source ended. */
export interface Sink {
  push(bytes: Buffer): void
  end(): void
}

/** One direction of one connection, as the toxics in it see it. Once it is over, it calls nobody. */
export interface Link {
  /** Calls `act` at or shortly after an instant in ns on the clock of `clock.ts`, never before. */
  at(dueNs: number, act: () => void): void
  /** Counts what is kept for each waiting piece beside its bytes. */
  hold(sizeBytes: number): void
  /** Counts what is kept no longer; bytes that a toxic drops are among it, those that it passes on are not. */
  release(sizeBytes: number): void
  /** Makes the end, when it is through the toxics that follow, one of the whole connection and not of this direction. */
  closeAtEnd(): void
  /** Ends the connection now, whatever is still held: by FIN to this direction's destination, or by RST to both sides. */
  cut(how: 'close' | 'reset'): void
}

/** One way in which a wire can be bad: toxiproxy's name stands in the table, its attributes here. */
export interface ToxicKind<A extends string> {
  /** The attribute whose value stands behind the toxic's name. */
  readonly main: NoInfer<A>
  readonly attributes: Readonly<Record<A, Attribute>>
  /** Says what is wrong if valid values contradict each other. */
  readonly contradiction?: (values: Readonly<Record<A, number>>) => string | undefined
  /** Stands into one direction of a connection that has just been opened, in front of `next`. */
  readonly attach: (values: Readonly<Record<A, number>>, next: Sink, link: Link, random: Random) => Sink
}

/** Declares a toxic, so that its attributes' names are known to the type. */
export function toxicKind<const A extends string>(kind: ToxicKind<A>): ToxicKind<A> {
  return kind
}

/** A time in ms of at most an hour. */
export const timeMs = { unit: 'ms', min: 0, max: 3_600_000 } as const
