import { createRandom, mixSeed, type Random } from '../base/random.ts'
import { bandwidth } from './bandwidth.ts'
import { latency } from './latency.ts'
import { limitData } from './limit-data.ts'
import { resetPeer } from './reset-peer.ts'
import { slicer } from './slicer.ts'
import { slowClose } from './slow-close.ts'
import { timeout } from './timeout.ts'
import type { Direction, Link, Sink, ToxicKind } from './toxic.ts'

/** Every toxic by its toxiproxy name. */
const toxicKinds = {
  latency,
  bandwidth,
  slow_close: slowClose,
  timeout,
  reset_peer: resetPeer,
  slicer,
  limit_data: limitData,
} as const

export type ToxicName = keyof typeof toxicKinds

/** All names, in the order in which they are listed. */
export const toxicNames = Object.keys(toxicKinds) as readonly ToxicName[]

type AttributesOf<N extends ToxicName> =
  (typeof toxicKinds)[N] extends ToxicKind<infer A> ? Readonly<Record<A, number>> : never

/** One toxic of a proxy, in toxiproxy's JSON format. */
export type Toxic = {
  readonly [N in ToxicName]: {
    readonly type: N
    readonly stream: Direction
    /** Share of connections that it applies to, from 0 to 1. */
    readonly toxicity: number
    readonly attributes: AttributesOf<N>
  }
}[ToxicName]

export function kindOf(name: ToxicName): ToxicKind<string> {
  return toxicKinds[name] as ToxicKind<string>
}

/** Inserts a toxic into one direction of a connection, in front of `next`. */
export function attachToxic({ type, attributes }: Toxic, next: Sink, link: Link, random: Random): Sink {
  return kindOf(type).attach(attributes, next, link, random)
}

/** A toxic that applies to a connection, with its own random numbers. */
export interface DrawnToxic {
  readonly toxic: Toxic
  readonly random: Random
}

/** The toxics that apply to connection number `connection` (in order of opening, from 0) with this seed. */
export function drawToxics(toxics: readonly Toxic[], seed: number, connection: number): readonly DrawnToxic[] {
  return toxics
    .map((toxic, i) => ({ toxic, random: createRandom(mixSeed(mixSeed(seed, connection), i)) }))
    .filter(({ toxic, random }) => random() / 2 ** 32 < toxic.toxicity)
}
