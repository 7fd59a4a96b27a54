import { createRandom, mixSeed } from '../base/random.ts'
import type { ContentChoice } from '../model/content.ts'
import type { Distribution, StreamKind } from '../model/mix.ts'
import type { ProfileName } from '../model/profile-name.ts'
import type { ProtocolName } from '../model/protocol-name.ts'
import type { Scenario } from '../model/scenario.ts'
import { draw } from './distribution.ts'
import { maxPromptKb } from './filler.ts'
import { planLimits } from './key.ts'

/** The numbers of a kind that are drawn for each stream, with their bounds and their smallest step. */
export const drawnNumbers = {
  chunks: { min: 1, max: planLimits.chunks, step: 1 },
  delayMs: { min: 0, max: planLimits.delayMs, step: 0.001 },
  deltaBytes: { min: 1, max: planLimits.deltaBytes, step: 1 },
  promptKb: { min: 0.25, max: maxPromptKb, step: 1 / 1024 },
} as const
/** One of `drawnNumbers`. */
export type DrawnNumber = keyof typeof drawnNumbers

/** What a mix, or without one its scenario, plans for one stream. */
export interface StreamSettings {
  /** Index of its kind; undefined without a mix. */
  readonly kind?: number
  /** Undefined: the mock decides. */
  readonly chunks?: number
  readonly delayMs?: number
  readonly deltaBytes?: number
  readonly promptKb?: number
  readonly content: ContentChoice
  /** A fault of its client, in addition to those of the scenario. */
  readonly clientFault?: string
  readonly requestProfile: ProfileName
  /** Undefined: that of the load. */
  readonly protocol?: ProtocolName
}

/** The members of a scenario that decide what its streams are. */
export type MixedScenario = Pick<Scenario, 'seed' | 'mix' | 'chunks' | 'delayMs' | 'content' | 'requestProfile'>

/** What is drawn from a seed and a stream; the same number is never used for two draws. */
const draws = { kind: 1, chunks: 2, delayMs: 3, deltaBytes: 4, promptKb: 5 } as const

function randomOf(seed: number, stream: number, drawn: keyof typeof draws) {
  return createRandom(mixSeed(mixSeed(stream, seed), draws[drawn]))
}

/** The index of the kind of a stream: drawn by weight, a pure function of mix, seed and stream. */
export function kindOf(mix: readonly Pick<StreamKind, 'weight'>[], seed: number, stream: number): number {
  const total = mix.reduce((sum, { weight }) => sum + weight, 0)
  let drawn = (randomOf(seed, stream, 'kind')() / 2 ** 32) * total
  for (const [index, { weight }] of mix.entries()) {
    if (drawn < weight) return index
    drawn -= weight
  }
  return mix.length - 1
}

/** What a scenario plans for a stream: a pure function of mix, seed and stream. What its kind leaves open is that of the scenario. */
export function settingsOf(scenario: MixedScenario, stream: number): StreamSettings {
  const { seed, mix, chunks, delayMs, content, requestProfile = 'sdk' } = scenario
  if (mix === undefined) return { chunks, delayMs, content, requestProfile }
  const index = kindOf(mix, seed, stream)
  const kind = mix[index] as StreamKind
  const drawn = (name: DrawnNumber): number | undefined => {
    const distribution: Distribution | undefined = kind[name]
    if (distribution === undefined) return undefined
    const { step, ...bounds } = drawnNumbers[name]
    const steps = Math.round(draw(distribution, randomOf(seed, stream, name), bounds) / step)
    // A multiple of 0.001 is not exact otherwise.
    return step < 1 && step !== 1 / 1024 ? steps / Math.round(1 / step) : steps * step
  }
  return {
    kind: index,
    chunks: drawn('chunks') ?? chunks,
    delayMs: drawn('delayMs') ?? delayMs,
    deltaBytes: drawn('deltaBytes'),
    promptKb: drawn('promptKb'),
    content: kind.content ?? content,
    clientFault: kind.clientFault,
    requestProfile: kind.requestProfile ?? requestProfile,
    protocol: kind.protocol,
  }
}

/** Streams from which the pace of a mix is computed. */
const maxSampled = 10_000

/** What the streams of a load are like together. Undefined members: the mock decides. */
export interface Pace {
  /** Means over the streams; the delay is that of the mean delta, so that the product is the mean duration. */
  readonly chunks?: number
  readonly delayMs?: number
  readonly shortestDelayMs?: number
  readonly longestDelayMs?: number
  /** Planned duration of the shortest and the longest stream, first to last delta. */
  readonly shortestMs?: number
  readonly longestMs?: number
}

/** What the pace of a load depends on. */
type PacedScenario = MixedScenario &
  Pick<Scenario, 'streams' | 'firstStream'> & { readonly phases?: readonly unknown[] }

const paces = new WeakMap<object, Pace>()

/** The pace of the streams of a load; with a mix, of its first 10,000. */
export function paceOf(scenario: PacedScenario): Pace {
  const { mix, chunks, delayMs, streams, firstStream = 0, phases } = scenario
  if (mix === undefined) {
    const durationMs = chunks === undefined || delayMs === undefined ? undefined : (chunks - 1) * delayMs
    return {
      ...{ chunks, delayMs, shortestDelayMs: delayMs, longestDelayMs: delayMs },
      ...{ shortestMs: durationMs, longestMs: durationMs },
    }
  }
  const known = paces.get(scenario)
  if (known) return known
  const sampled = phases?.length ? maxSampled : Math.min(streams, maxSampled)
  const pace = paceOfStreams(Array.from({ length: sampled }, (_, index) => settingsOf(scenario, firstStream + index)))
  paces.set(scenario, pace)
  return pace
}

function paceOfStreams(streams: readonly StreamSettings[]): Pace {
  const chunks = streams.flatMap((stream) => stream.chunks ?? [])
  const delays = streams.flatMap((stream) => stream.delayMs ?? [])
  const isChunksKnown = chunks.length === streams.length
  const isDelayKnown = delays.length === streams.length
  const durations = isChunksKnown && isDelayKnown ? chunks.map((count, at) => (count - 1) * (delays[at] ?? 0)) : []
  const sumMs = chunks.reduce((sum, count, at) => sum + count * (delays[at] ?? 0), 0)
  const deltas = chunks.reduce((sum, count) => sum + count, 0)
  return {
    chunks: isChunksKnown ? meanOf(chunks) : undefined,
    delayMs: isDelayKnown ? (isChunksKnown ? sumMs / deltas : meanOf(delays)) : undefined,
    shortestDelayMs: isDelayKnown ? leastOf(delays) : undefined,
    longestDelayMs: isDelayKnown ? mostOf(delays) : undefined,
    shortestMs: durations.length > 0 ? leastOf(durations) : undefined,
    longestMs: durations.length > 0 ? mostOf(durations) : undefined,
  }
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function leastOf(values: readonly number[]): number {
  return values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY)
}

function mostOf(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), 0)
}

/** The scenario with the mean numbers of its streams in place of its mix, for what depends on their pace only. */
export function typicalOf<S extends PacedScenario>(scenario: S): S {
  if (scenario.mix === undefined) return scenario
  const { chunks, delayMs } = paceOf(scenario)
  return { ...scenario, mix: undefined, chunks, delayMs }
}

/** Whether clients of a load misbehave. */
export function hasClientFaults({
  clientFaults,
  mix = [],
}: Pick<Scenario, 'mix'> & { readonly clientFaults?: readonly unknown[] }): boolean {
  return (clientFaults?.length ?? 0) > 0 || mix.some(({ clientFault }) => clientFault !== undefined)
}
