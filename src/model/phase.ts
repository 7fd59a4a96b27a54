import { z } from 'zod'
import { amount, count, type Immutable } from './schema.ts'

/** The shapes of a load, named as k6 names its executors. */
export const shapes = [
  'burst',
  'constant-streams',
  'ramping-streams',
  'constant-arrival-rate',
  'ramping-arrival-rate',
] as const
/** One of `shapes`. */
export type Shape = (typeof shapes)[number]

/** How the starts of an open loop are spaced. */
export const arrivalKinds = ['constant', 'poisson'] as const

/** The name of a phase: lower-case letters, digits and dashes. */
export const phaseNamePattern = /^[a-z0-9][a-z0-9-]{0,39}$/

/** Schema of `Stage`. */
const stageSchema = z.strictObject({
  durationS: amount.describe('Duration of the stage, in s; 0: a jump to the target.'),
  target: amount.describe('Streams, or starts per second, at the end of the stage.'),
})

/** Schema of `LoadPhase`. Which members a shape needs is in `docs/scenarios.md`. */
export const phaseSchema = z.strictObject({
  name: z.string().regex(phaseNamePattern).describe('Name of the phase, unique in its scenario.'),
  shape: z.enum(shapes).describe('How its streams start.'),
  streams: count.optional().describe('burst: streams to start; constant-streams: streams to keep open.'),
  rampMs: amount.optional().describe('Time over which the first starts are spread, in ms; absent: 0.'),
  total: count.optional().describe('Streams to start at most; absent: no limit.'),
  rate: amount.optional().describe('Starts per second; ramping-arrival-rate: those at its start (absent: 0).'),
  stages: z
    .array(stageSchema)
    .optional()
    .describe('Stages of a ramping shape, in sequence, each linear from the value before it.'),
  durationS: amount
    .optional()
    .describe('Time after which no stream starts any more, in s; absent: the stages, or until its streams have ended.'),
  arrivals: z.enum(arrivalKinds).optional().describe('How the starts of an open loop are spaced; absent: constant.'),
  maxStreams: count
    .optional()
    .describe('Open loop: streams open at once from which on starts are dropped; absent: no limit.'),
  excluded: z
    .literal(true)
    .optional()
    .describe('Warm-up or cool-down: not in the metrics of the whole run; absent: it is.'),
})
/** One phase of a load: a shape with its numbers, as flat plain data. */
export type LoadPhase = Immutable<z.infer<typeof phaseSchema>>

/** One stage of a ramping shape. */
export type Stage = NonNullable<LoadPhase['stages']>[number]

/** The name of the only phase of a load that was made from flags. */
export const onlyPhase = 'load'

/** The members of a scenario that say how many streams start, and when. */
interface PhasedScenario {
  readonly streams: number
  readonly rampMs?: number
  readonly phases?: readonly LoadPhase[]
}

/** A load, with the members of its scenario that say how long its streams last. */
export interface PlannedLoad extends PhasedScenario {
  readonly chunks?: number
  readonly delayMs?: number
}

/** The phases of a scenario: one burst if it names none. */
export function phasesOf({ streams, rampMs, phases }: PhasedScenario): readonly LoadPhase[] {
  return phases ?? [{ name: onlyPhase, shape: 'burst', streams, rampMs }]
}

/** Whether the starts of a phase follow the clock, whatever became of the streams before. */
export function isOpenLoop({ shape }: Pick<LoadPhase, 'shape'>): boolean {
  return shape === 'constant-arrival-rate' || shape === 'ramping-arrival-rate'
}

/** Whether each start of a phase waits for the end of a stream. */
export function isClosedLoop({ shape }: Pick<LoadPhase, 'shape'>): boolean {
  return shape === 'constant-streams' || shape === 'ramping-streams'
}

/** Duration of a phase in s; undefined if it lasts until its streams have ended. */
export function durationOf({ durationS, stages }: LoadPhase): number | undefined {
  return stages ? stages.reduce((sum, stage) => sum + stage.durationS, 0) : durationS
}

/** The most streams of a phase that its plan has open at once; an open loop without a limit has no such number. */
export function mostStreams({ shape, streams = 0, stages = [], maxStreams }: LoadPhase): number {
  switch (shape) {
    case 'burst':
    case 'constant-streams':
      return streams
    case 'ramping-streams':
      return Math.ceil(Math.max(0, ...stages.map(({ target }) => target)))
    case 'constant-arrival-rate':
    case 'ramping-arrival-rate':
      return maxStreams ?? Number.POSITIVE_INFINITY
  }
}

/** The highest rate of an open loop, in starts per second. */
export function peakRate({ rate = 0, stages = [] }: LoadPhase): number {
  return Math.max(rate, ...stages.map(({ target }) => target))
}

/**
 * The most streams that phases in sequence have open at once. Streams may outlive a phase with a duration. A closed loop waits for
 * those of the closed loop before it, and an open loop counts all streams against its limit; all others come on top.
 */
export function mostStreamsOf(phases: readonly LoadPhase[]): number {
  const atOnce = phases.map((phase, index) => {
    const before = phases[index - 1]
    const mayLinger = before !== undefined && durationOf(before) !== undefined
    const waits = isOpenLoop(phase) || (before !== undefined && isClosedLoop(before) && isClosedLoop(phase))
    return mostStreams(phase) + (mayLinger && !waits ? mostStreams(before) : 0)
  })
  return Math.max(0, ...atOnce)
}

/** Planned duration of a stream, in s; undefined if the mock decides it. */
export function streamDurationS({ chunks, delayMs }: Pick<PlannedLoad, 'chunks' | 'delayMs'>): number | undefined {
  return chunks === undefined || delayMs === undefined ? undefined : (chunks * delayMs) / 1000
}

/** The streams that a scenario has open at once if all last as long as planned: for an open loop, its rate times that duration. */
export function expectedStreams(scenario: PlannedLoad): number {
  const durationS = streamDurationS(scenario)
  const open = phasesOf(scenario).map((phase) =>
    isOpenLoop(phase) && durationS !== undefined
      ? Math.min(mostStreams(phase), Math.max(1, Math.ceil(peakRate(phase) * durationS)))
      : mostStreams(phase),
  )
  return Math.max(...open)
}

/** The starts that phases plan, as far as they do not depend on the duration of streams; the mean of random arrivals. */
export function plannedSum(phases: readonly LoadPhase[]): number {
  return phases.reduce((sum, phase) => sum + meanStarts(phase), 0)
}

function meanStarts(phase: LoadPhase): number {
  const { total, streams = 0, rate = 0, stages = [], durationS } = phase
  if (phase.shape === 'burst') return streams
  if (!isOpenLoop(phase)) return total ?? 0
  if (phase.shape === 'constant-arrival-rate')
    return Math.min(
      total ?? Number.POSITIVE_INFINITY,
      durationS === undefined ? Number.POSITIVE_INFINITY : rate * durationS,
    )
  return stages.reduce(
    ([sum, from], stage): [number, number] => [sum + ((from + stage.target) / 2) * stage.durationS, stage.target],
    [0, rate] as [number, number],
  )[0]
}
