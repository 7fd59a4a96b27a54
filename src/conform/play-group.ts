import { awaitIdleMock, readTruths, withTruth } from '../experiment/telemetry.ts'
import type { CaseSurroundings } from '../judge/busy.ts'
import type { ConformCase } from '../judge/conformance.ts'
import { generateLoad, noProgress } from '../load/generator.ts'
import type { FailureKind } from '../model/failure.ts'
import type { StreamTruth } from '../model/mock-stats.ts'
import type { ProfileName } from '../model/profile-name.ts'
import type { StreamRecord } from '../model/record.ts'
import type { Scenario } from '../model/scenario.ts'
import type { Target } from '../model/target.ts'
import type { Topology } from '../topology/topology.ts'
import type { CaseGroup } from './cases.ts'
import type { WatchCases } from './watch.ts'

/** What the streams of `conform` need. */
export interface PlayOptions {
  readonly topology: Topology
  readonly target: Target
  /** Default: sdk. */
  readonly requestProfile?: ProfileName
  /** Headers of every request to the gateway. */
  readonly headers?: Readonly<Record<string, string>>
  readonly model: string
  /** Silence after which the gateway is expected to give up an upstream, in s; a stream that lasts 5 s longer hangs. */
  readonly idleLimitS: number
  /** Clean streams that run concurrently with each group; none of them may be affected. */
  readonly loadStreams: number
  /** Failures of form after which streams are read on. */
  readonly tolerated?: ReadonlySet<FailureKind>
  readonly watch: WatchCases
  readonly signal: AbortSignal
}

/** One stream for each case of a group, played once. */
export interface PlayedGroup {
  readonly played: readonly { readonly conformCase: ConformCase; readonly record: StreamRecord }[]
  /** Cases whose fault the mock could not inject. */
  readonly skipped: readonly ConformCase[]
  /** The clean streams of the background load. */
  readonly clean: readonly StreamRecord[]
  readonly surroundings: CaseSurroundings
}

/** How long to wait until the mock has noticed that clients left, in ms: longer than the plan of their streams. */
const idleWithinMs = 6000

/** How much longer than its idle limit a stream may last, in s. */
const graceS = 5

/** Plays the cases of a group once, concurrently. `seed` must not have been used before. */
export async function playGroup(
  { cases, plan }: Pick<CaseGroup, 'cases' | 'plan'>,
  seed: number,
  options: PlayOptions,
): Promise<PlayedGroup> {
  const { topology, loadStreams, signal } = options
  const endWatch = await options.watch(topology, signal)
  // A load has one kind of content, so each kind is a separate load; the clean streams run with the first one.
  const loads = [...Map.groupBy(cases, ({ content }) => content)]
  // Stream numbers are unique in a group, so that cross-talk between its loads is detected.
  let nextStream = 0
  const finished = await Promise.all(
    loads.map(async ([content, loadCases], index) => {
      const firstStream = nextStream
      const streams = loadCases.length + (index === 0 ? loadStreams : 0)
      nextStream += streams
      const specs = (faultIn: (conformCase: ConformCase) => string | undefined) =>
        loadCases.flatMap((conformCase, offset) => {
          const fault = faultIn(conformCase)
          return fault === undefined ? [] : [`${fault}#${firstStream + offset}`]
        })
      const faults = specs(({ fault }) => fault)
      const clientFaults = specs(({ clientFault }) => clientFault)
      const settings = { ...plan, streams, content, faults, clientFaults, seed }
      const records = await playStreams(settings, options, { firstStream })
      return records.map((record) => ({ record, conformCase: loadCases[record.stream - firstStream] }))
    }),
  )
  if (cases.some(({ clientFault }) => clientFault !== undefined))
    await awaitIdleMock(topology.mockUrl, idleWithinMs, signal)
  const surroundings = await endWatch()
  const truths = await readTruths(topology.mockUrl, seed % 2 ** 32)
  const streams = finished.flat().map(({ record, conformCase }) => ({ record: withTruth(record, truths), conformCase }))
  const tested = streams.flatMap(({ record, conformCase }) => (conformCase ? [{ record, conformCase }] : []))
  const wasPlayed = ({ record, conformCase }: (typeof tested)[number]) =>
    isPlayed(conformCase, truths?.get(record.stream))
  return {
    played: tested.filter(wasPlayed),
    skipped: tested.filter((stream) => !wasPlayed(stream)).map(({ conformCase }) => conformCase),
    clean: streams.filter(({ conformCase }) => conformCase === undefined).map(({ record }) => record),
    surroundings,
  }
}

/** Whether a case was tested: its fault was played, or the request never reached the mock. */
function isPlayed({ fault }: ConformCase, truth: StreamTruth | undefined): boolean {
  return fault === undefined || truth === undefined || truth.faulty > 0
}

/** The settings that differ between the loads of `conform`. */
type LoadSettings = Pick<Scenario, 'streams' | 'chunks' | 'delayMs' | 'content' | 'seed' | 'faults' | 'clientFaults'>

interface StreamsOptions {
  readonly firstStream?: number
  /** Maximum silence, in s (default: the idle limit of the gateway plus a margin). */
  readonly idleS?: number
}

/** Plays streams, and returns their records. */
export async function playStreams(
  settings: LoadSettings,
  { target, requestProfile, headers, model, idleLimitS, tolerated, signal }: PlayOptions,
  { firstStream = 0, idleS = idleLimitS + graceS }: StreamsOptions = {},
): Promise<readonly StreamRecord[]> {
  const seed = settings.seed % 2 ** 32
  const limits = { rampMs: 0, timeoutS: 4 * idleS, idleS, maxTokens: 4096, warmUpStreams: 0 }
  const scenario = { ...settings, ...limits, requestProfile, model, seed }
  const load = {
    target,
    scenario,
    headers,
    firstStream,
    isPlanCertain: true,
    tolerated,
    signal,
    progress: noProgress(),
  }
  return (await generateLoad(load)).records
}
