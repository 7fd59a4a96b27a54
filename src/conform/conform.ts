import { counted } from '../base/format.ts'
import { sleep } from '../base/sleep.ts'
import { awaitIdleMock, readTruths, withTruth } from '../experiment/telemetry.ts'
import { type Conformance, type ConformCase, type JudgedCase, judgeCase, probeAfter } from '../judge/conformance.ts'
import { generateLoad, noProgress } from '../load/generator.ts'
import type { StreamTruth } from '../model/mock-stats.ts'
import type { ProfileName } from '../model/profile-name.ts'
import type { StreamRecord } from '../model/record.ts'
import type { Scenario } from '../model/scenario.ts'
import type { Target } from '../model/target.ts'
import type { Host } from '../process/host.ts'
import type { Topology } from '../topology/topology.ts'
import { type CaseGroup, casesOf } from './cases.ts'

/** What `conform` tests, and how. */
interface ConformOptions extends Pick<Host, 'signal' | 'onProgress'> {
  readonly topology: Topology
  readonly target: Target
  /** Default: sdk. */
  readonly requestProfile?: ProfileName
  readonly model: string
  readonly seed: number
  /** Silence after which the gateway is expected to give up an upstream, in s; a stream that lasts 5 s longer hangs. */
  readonly idleLimitS: number
  /** Clean streams that run concurrently with each group; none of them may be affected. */
  readonly loadStreams: number
  /** Names of the selected faults, `clean` for the clean streams; empty: all. */
  readonly only: readonly string[]
}

/** How long to wait until the mock has noticed that clients left, in ms: longer than the plan of their streams. */
const idleWithinMs = 6000

/** How long a gateway may take to serve again after its upstream recovered, and the time between two probes, in ms. */
const recoveryMs = 30_000
const probeEveryMs = 1000

/** How much longer than its idle limit a stream may last, in s. */
const graceS = 5

/** Runs every selected case of the detection matrix, group by group, each followed by a probe stream. */
export async function conform(options: ConformOptions): Promise<Conformance> {
  const { topology, target, seed, idleLimitS, loadStreams, signal } = options
  const cases: JudgedCase[] = []
  const notPlayed: string[] = []
  const isDirect = topology.gateway.kind === 'none'
  const hurt: string[] = []
  let cleanStreams = 0
  for (const [index, group] of casesOf(isDirect ? target.protocol : undefined, options.only).entries()) {
    if (signal.aborted) break
    const load = loadStreams > 0 ? ` and ${counted(loadStreams, 'clean stream')}` : ''
    options.onProgress(`running ${group.name} (${counted(group.cases.length, 'stream')}${load})`)
    const { played, skipped, clean } = await runGroup(group, seedOf(seed, index), options)
    const judging = { protocol: target.protocol, ...group.plan, isDirect }
    notPlayed.push(...skipped.map(({ name }) => name))
    cases.push(...played.map(({ conformCase, record }) => judgeCase(conformCase, record, judging)))
    cleanStreams += clean.length
    hurt.push(...clean.flatMap((record) => failureText(group, record) ?? []))
    if (!signal.aborted) cases.push(...(await probe(group, seedOf(seed, index + 500), options)))
    if (cases.at(-1)?.seen === 'died') break
  }
  return {
    gateway: topology.gateway,
    target,
    requestProfile: options.requestProfile ?? 'sdk',
    seed,
    idleLimitS,
    cases,
    notPlayed,
    load: loadStreams > 0 ? { streams: cleanStreams, hurt } : undefined,
    isPartial: signal.aborted,
  }
}

/** A seed for each group, so that a stream of one group is never mistaken for a stream of another. */
function seedOf(seed: number, offset: number): number {
  return (seed + offset) % 2 ** 32
}

async function runGroup({ cases, plan }: CaseGroup, seed: number, options: ConformOptions) {
  const { topology, loadStreams, signal } = options
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
      const records = await runLoad({ ...plan, streams, content, faults, clientFaults, seed }, options, firstStream)
      return records.map((record) => ({ record, conformCase: loadCases[record.stream - firstStream] }))
    }),
  )
  if (cases.some(({ clientFault }) => clientFault !== undefined))
    await awaitIdleMock(topology.mockUrl, idleWithinMs, signal)
  const truths = await readTruths(topology.mockUrl, seed)
  const streams = finished.flat().map(({ record, conformCase }) => ({ record: withTruth(record, truths), conformCase }))
  const tested = streams.flatMap(({ record, conformCase }) => (conformCase ? [{ record, conformCase }] : []))
  const wasPlayed = ({ record, conformCase }: (typeof tested)[number]) =>
    isPlayed(conformCase, truths?.get(record.stream))
  return {
    played: tested.filter(wasPlayed),
    skipped: tested.filter((stream) => !wasPlayed(stream)).map(({ conformCase }) => conformCase),
    clean: streams.filter(({ conformCase }) => conformCase === undefined).map(({ record }) => record),
  }
}

/** Whether a case was tested: its fault was played, or the request never reached the mock. */
function isPlayed({ fault }: ConformCase, truth: StreamTruth | undefined): boolean {
  return fault === undefined || truth === undefined || truth.faulty > 0
}

type LoadSettings = Pick<Scenario, 'streams' | 'chunks' | 'delayMs' | 'content' | 'seed' | 'faults' | 'clientFaults'>

async function runLoad(
  settings: LoadSettings,
  { target, requestProfile, model, idleLimitS, signal }: ConformOptions,
  firstStream = 0,
): Promise<readonly StreamRecord[]> {
  const idleS = idleLimitS + graceS
  const scenario = {
    ...settings,
    rampMs: 0,
    timeoutS: 4 * idleS,
    idleS,
    requestProfile,
    model,
    maxTokens: 4096,
    warmUpStreams: 0,
  }
  const load = { target, scenario, firstStream, isPlanCertain: true, signal, progress: noProgress() }
  return (await generateLoad(load)).records
}

/** Probes a gateway after a group: its process must be alive, and one more clean stream must arrive complete. */
async function probe({ name, plan }: CaseGroup, seed: number, options: ConformOptions): Promise<readonly JudgedCase[]> {
  const named = { name: probeAfter + name, describe: 'one more stream arrives complete', rows: [46, 47] }
  const death = await options.topology.death()
  if (death) {
    const why = `${death.name} died: ${death.how}`
    return [{ ...named, isRight: false, seen: 'died', reaction: 'crashed', why, rules: [], durationS: 0 }]
  }
  const record = await probeUntilServed({ ...plan, streams: 1, content: 'plain', seed }, options)
  // Interrupted.
  if (!record) return []
  const judging = { protocol: options.target.protocol, ...plan, isDirect: false }
  const judged = judgeCase({ ...named, content: 'plain' }, record, judging)
  // The cases of the clean streams report broken rules; the probe only requires a complete stream.
  if (judged.seen === 'whole') return [{ ...judged, isRight: true, why: '' }]
  return [{ ...judged, why: `dead_after: ${judged.why}` }]
}

/** Runs one clean stream, and repeats it while it is refused: a gateway may avoid a failed upstream for `recoveryMs`. */
async function probeUntilServed(settings: LoadSettings, options: ConformOptions): Promise<StreamRecord | undefined> {
  for (const untilMs = performance.now() + recoveryMs; ; ) {
    const [record] = await runLoad(settings, options)
    // Waiting only helps against refusals.
    const isRefused = record?.outcome.state === 'failed' && /^(?:http|connect)_/.test(record.outcome.kind)
    if (!isRefused || performance.now() > untilMs) return record
    await sleep(probeEveryMs, options.signal)
  }
}

function failureText({ name }: CaseGroup, { stream, outcome }: StreamRecord): string | undefined {
  return outcome.state === 'failed' ? `${name}: stream ${stream}: ${outcome.kind}: ${outcome.detail}` : undefined
}
