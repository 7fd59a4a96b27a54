import { createRandom, mixSeed, type Random } from '../base/random.ts'
import type { Toxic } from './toxics.ts'

/** A toxic that acts on a connection, with random numbers of its own. */
export interface DrawnToxic {
  readonly toxic: Toxic
  readonly random: Random
}

/** Those toxics that act on the connection of this number (from 0, in the order of their opening) under this seed. */
export function drawToxics(toxics: readonly Toxic[], seed: number, connection: number): readonly DrawnToxic[] {
  return toxics
    .map((toxic, i) => ({ toxic, random: createRandom(mixSeed(mixSeed(seed, connection), i)) }))
    .filter(({ toxic, random }) => random() / 2 ** 32 < toxic.toxicity)
}
