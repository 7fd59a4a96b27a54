import type { Buffer } from 'node:buffer'
import type { Random } from '../base/random.ts'

/** The direction that a toxic applies to: toward the client, or toward the upstream. */
export type Direction = 'downstream' | 'upstream'

/** The unit of an attribute; a KB is 1000 bytes, as in toxiproxy. */
export type Unit = 'ms' | 'us' | 'KB/s' | 'bytes'

/** The unit and allowed values of an attribute. Without a default, the attribute is required. */
export interface Attribute {
  readonly unit: Unit
  readonly min: number
  readonly max: number
  readonly default?: number
}

/** Receives the output of a toxic. `end` is called once and last, however the source ended. */
export interface Sink {
  push(bytes: Buffer): void
  end(): void
}

/** One direction of one connection, as its toxics see it. After its end, it makes no more calls. */
export interface Link {
  /** Calls `act` at a time in ns (`clock.ts`) or shortly after it, never before. */
  at(dueNs: number, act: () => void): void
  /** Adds the overhead of a waiting piece, other than its bytes, to the held bytes. */
  hold(sizeBytes: number): void
  /** Subtracts from the held bytes. A toxic calls it for bytes that it drops, not for bytes that it passes on. */
  release(sizeBytes: number): void
  /** Closes the entire connection when the end of this direction has passed the toxics after this one. */
  closeAtEnd(): void
  /** Closes the connection now and drops held bytes: by FIN to this direction's destination, or by RST to both sides. */
  cut(how: 'close' | 'reset'): void
}

/** The definition of a toxic; its name is in the table of `toxics.ts`. */
export interface ToxicKind<A extends string> {
  /** The attribute whose value follows the toxic's name. */
  readonly main: NoInfer<A>
  readonly attributes: Readonly<Record<A, Attribute>>
  /** What is wrong if the values are valid but contradict each other; undefined if they do not. */
  readonly contradiction?: (values: Readonly<Record<A, number>>) => string | undefined
  /** Attaches the toxic to one direction of a new connection, in front of `next`. */
  readonly attach: (values: Readonly<Record<A, number>>, next: Sink, link: Link, random: Random) => Sink
}

/** Defines a toxic, with its attribute names in the type. */
export function toxicKind<const A extends string>(kind: ToxicKind<A>): ToxicKind<A> {
  return kind
}

/** A duration of at most an hour, in ms. */
export const timeMs = { unit: 'ms', min: 0, max: 3_600_000 } as const
