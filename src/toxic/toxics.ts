import type { Random } from '../base/random.ts'
import { bandwidth } from './bandwidth.ts'
import { latency } from './latency.ts'
import { limitData } from './limit-data.ts'
import { resetPeer } from './reset-peer.ts'
import { slicer } from './slicer.ts'
import { slowClose } from './slow-close.ts'
import { timeout } from './timeout.ts'
import type { Link, Sink, Stream, ToxicKind } from './toxic.ts'

/** Every toxic, by toxiproxy's name. */
const toxicKinds = {
  latency,
  bandwidth,
  slow_close: slowClose,
  timeout,
  reset_peer: resetPeer,
  slicer,
  limit_data: limitData,
} as const

/** A toxic's name. */
export type ToxicName = keyof typeof toxicKinds

/** The names, in the order in which they are listed. */
export const toxicNames = Object.keys(toxicKinds) as readonly ToxicName[]

type AttributesOf<N extends ToxicName> =
  (typeof toxicKinds)[N] extends ToxicKind<infer A> ? Readonly<Record<A, number>> : never

/** One toxic of a proxy, as toxiproxy writes it in JSON. */
export type Toxic = {
  readonly [N in ToxicName]: {
    readonly type: N
    readonly stream: Stream
    /** Share of the connections that it acts on, 0 to 1. */
    readonly toxicity: number
    readonly attributes: AttributesOf<N>
  }
}[ToxicName]

/** What is known of a toxic whose name is known at run time only. */
export function kindOf(name: ToxicName): ToxicKind<string> {
  return toxicKinds[name] as ToxicKind<string>
}

/** Stands a toxic into one direction of a connection. */
export function attachToxic({ type, attributes }: Toxic, next: Sink, link: Link, random: Random): Sink {
  return kindOf(type).attach(attributes, next, link, random)
}
