import { availableParallelism } from 'node:os'
import { readBootId } from './boot-id.ts'
import { nowNs } from './clock.ts'
import { startMeter } from './cost/meter.ts'
import { directLoad } from './direct-experiment.ts'
import { beginAudit } from './drain/audit.ts'
import { EnvironmentError, ProbeError } from './errors.ts'
import { type ActiveStreamsProbe, readActiveStreams } from './gateways/active-streams.ts'
import { known } from './known.ts'
import { type Load, type LoadProgress, noProgress } from './load/generator.ts'
import { type Runner, withRunner } from './load/runner.ts'
import { heldClock, readMockClock } from './mock-clock.ts'
import type { GatewayIdentity, GatewayTelemetry, GatewayUsage, MockClock, Run, Scenario } from './run.ts'
import type { Asked } from './scenario/scenario.ts'
import { startSelfCheck } from './self-check/self-check.ts'
import { Histogram } from './stats/histogram.ts'
import { peakConcurrency } from './stats/peak.ts'
import type { Target } from './target.ts'
import {
  awaitIdleMock,
  type GaugeSampler,
  readHighWaterMark,
  readMockStats,
  readTruths,
  readUsage,
  resetIdleMock,
  sampleGauge,
  withTruth,
} from './telemetry.ts'
import type { Death } from './topology/child.ts'
import type { Topology } from './topology/topology.ts'
import { type WorkersWish, workersFor } from './workers.ts'

/** How often the gateway's gauge is read, in ms: twice as often as is promised, as an answer may take its time. */
const gaugeEveryMs = 25

/** Streams that go first and are not counted: enough to open pools and to warm just-in-time compilers. */
const warmUp = { streams: 8, chunks: 4, delayMs: 5 } as const

/** How long the mock may take until the streams of the warm-up have left it, in ms. */
const idleWithinMs = 5000

/** What an experiment is told by its caller. */
export interface ExperimentContext {
  readonly id: string
  readonly harnessVersion: string
  /** Its reason is the signal's name. */
  readonly signal: AbortSignal
  /** Workers of the runner; one where absent. What a run finds does not depend on it. */
  readonly workers?: WorkersWish
  /** What is going on before and after the load. */
  readonly onPhase: (text: string) => void
  /** The load begins; the progress changes while it runs. */
  readonly onLoad: (progress: LoadProgress) => void
}

/** What a run is going to do, and where its gateway is going to be. */
export interface Planned extends Asked {
  readonly gatewayUrl: string
  /** What is going to be wrong with the wire. */
  readonly toxics?: readonly string[]
}

type Interrupt = 'SIGINT' | 'SIGTERM'

/** Loads a target that stands already, whatever it is. */
export async function stressTarget(target: Target, scenario: Scenario, context: ExperimentContext): Promise<Run> {
  const gateway: GatewayIdentity = {
    kind: 'unknown',
    name: 'whatever answers there',
    location: target.baseUrl,
    settings: [],
  }
  return withRunner(workersOf(scenario, context), async (runner) => ({
    ...begin('stress', target, scenario, gateway, context),
    workers: { runner: runner.workers },
    ...(await loadOnly(target, scenario, { ...context, runner })),
    ...interrupt(context),
  }))
}

/** Stands a topology up, loads its gateway, and tears it down; an interrupt at any time still gives a run. */
export async function stressTopology(
  start: () => Promise<Topology>,
  planned: Planned,
  context: ExperimentContext,
): Promise<Run> {
  const topology = await start().catch((cause: unknown) => {
    if (!context.signal.aborted) throw cause
    return undefined
  })
  if (!topology) return interruptedRun(planned, context)
  try {
    return await loadTopology(topology, planned, context)
  } finally {
    context.onPhase('tearing down')
    await topology[Symbol.asyncDispose]()
  }
}

/** Loads the gateway of a topology that stands, and leaves it standing. */
export async function loadTopology(topology: Topology, asked: Asked, context: ExperimentContext): Promise<Run> {
  return withRunner(workersOf(asked.scenario, context), (runner) => loadBy(topology, asked, { ...context, runner }))
}

/** What a load is made with. */
interface LoadContext extends ExperimentContext {
  readonly runner: Runner
}

function workersOf(scenario: Scenario, { workers = 1 }: ExperimentContext): number {
  return workersFor(workers, scenario, availableParallelism())
}

async function loadBy(topology: Topology, asked: Asked, context: LoadContext): Promise<Run> {
  const { scenario, protocol } = asked
  const { gatewayUrl, loadUrl = gatewayUrl, toxics } = topology
  const target = { baseUrl: loadUrl, protocol } as const
  const run = { ...begin('run', target, scenario, topology.gateway, context), ...known({ toxics }) }
  if (scenario.warmUpStreams > 0) await warmTheGatewayUp(target, scenario, topology, context)
  const clock = await readMockClock(topology.mockUrl, readBootId())
  const direct = directLoad(topology, asked, { ...context, userAgent: userAgent(context), clock })
  const before = await direct?.('before')
  if (!(await resetIdleMock(topology.mockUrl, idleWithinMs, context.signal)))
    throw diedBeforeTheLoad(await deathIn(topology))
  const audit = await beginAudit(topology, { ...asked, userAgent: userAgent(context), signal: context.signal })
  const meter = topology.startMeter?.() ?? (topology.gatewayProcess && startMeter(topology.gatewayProcess))
  const given = { isPlanCertain: true, clock }
  const loading = load(target, gatewayUrl, scenario, given, context, topology.activeStreams)
  // Whatever becomes of the load: what measures would keep this process alive.
  await Promise.allSettled([loading])
  const cost = await meter?.stop()
  const { blocks, ...loaded } = await loading
  const counted = await readMockStats(topology.mockUrl)
  const diedInLoad = counted ? await topology.death() : await deathIn(topology)
  // Streams whose client has left may take a while to be noticed: a part of what the audit waits for.
  if (audit && !diedInLoad) context.onPhase('looking at what the load left behind')
  const audited = diedInLoad ? undefined : await audit?.finish(loaded.records)
  const { drain } = audited ?? {}
  const mock = audited?.mock ? { ...audited.mock, ...known({ instrument: counted?.instrument }) } : counted
  // Who does not answer after the load may have died since.
  const died = diedInLoad ?? (drain?.probe?.whole === false ? await topology.death() : undefined)
  if (!audit && scenario.clientFaults) await awaitIdleMock(topology.mockUrl, idleWithinMs, context.signal)
  const truths = await readTruths(topology.mockUrl, scenario.seed)
  const records = loaded.records.map((record) => withTruth(record, truths))
  const after = died || context.signal.aborted ? undefined : await direct?.('after')
  const windows = [before, after].filter((window) => window !== undefined)
  const baseline = windows.length > 0 ? { windows, gateway: blocks } : undefined
  const mockClock = clock && heldClock(clock, await readMockClock(topology.mockUrl, readBootId()))
  const workers = known({ runner: context.runner.workers, mock: mock && (mock.workers ?? 1) })
  return {
    ...run,
    workers,
    ...loaded,
    records,
    ...known({ cost, mock, drain, died, baseline, mockClock }),
    ...interrupt(context),
  }
}

/** The run of a topology that an interrupt kept from standing: it says so, and no stream was started. */
export function interruptedRun({ gatewayUrl, scenario, protocol, toxics }: Planned, context: ExperimentContext): Run {
  const gateway: GatewayIdentity = {
    kind: 'unknown',
    name: 'none: interrupted before the gateway was up',
    location: gatewayUrl,
    settings: [],
  }
  const target = { baseUrl: gatewayUrl, protocol } as const
  const begun = { ...begin('run', target, scenario, gateway, context), ...known({ toxics }) }
  return { ...begun, ...nothingLoaded(scenario), ...interrupt(context) }
}

type Begun = Pick<
  Run,
  'id' | 'startedAt' | 'startedNs' | 'harnessVersion' | 'command' | 'scenario' | 'target' | 'gateway'
>
type Loaded = Pick<Run, 'records' | 'interChunk' | 'transit' | 'flights' | 'telemetry' | 'instrument' | 'notStarted'>

function begin(
  command: Run['command'],
  target: Target,
  scenario: Scenario,
  gateway: GatewayIdentity,
  context: ExperimentContext,
): Begun {
  const { id, harnessVersion } = context
  return {
    id,
    startedAt: new Date().toISOString(),
    startedNs: nowNs(),
    harnessVersion,
    command,
    scenario,
    target,
    gateway,
  }
}

/** The signal that an abort stands for: SIGINT where its reason is none, as a program's own abort. */
export function interruptOf({ reason }: AbortSignal): Interrupt {
  return reason === 'SIGTERM' ? 'SIGTERM' : 'SIGINT'
}

function interrupt({ signal }: ExperimentContext): Pick<Run, 'interruptedBy'> {
  return signal.aborted ? { interruptedBy: interruptOf(signal) } : {}
}

function nothingLoaded(scenario: Scenario): Loaded {
  return { records: [], interChunk: new Histogram().toJSON(), telemetry: { samples: 0 }, notStarted: scenario.streams }
}

async function loadOnly(target: Target, scenario: Scenario, context: LoadContext): Promise<Loaded> {
  const { blocks: _, ...loaded } = await load(target, target.baseUrl, scenario, { isPlanCertain: false }, context)
  return loaded
}

/** Loads a target; what its gateway says of itself is asked at `gatewayUrl`. */
async function load(
  target: Target,
  gatewayUrl: string,
  scenario: Scenario,
  { isPlanCertain, clock }: { readonly isPlanCertain: boolean; readonly clock?: MockClock | undefined },
  context: LoadContext,
  activeStreams?: ActiveStreamsProbe,
): Promise<Loaded & Pick<Load, 'blocks'>> {
  const usageBefore = await readUsage(gatewayUrl)
  const markBefore = usageBefore && (await readHighWaterMark(gatewayUrl))
  const sampler = startSampler(gatewayUrl, usageBefore, activeStreams)
  const progress = noProgress()
  context.onLoad(progress)
  const selfCheck = startSelfCheck()
  const loading = context.runner.load({
    target,
    scenario,
    userAgent: userAgent(context),
    isPlanCertain,
    ...known({ clock }),
    signal: context.signal,
    progress,
  })
  await Promise.allSettled([loading])
  const sampled = await sampler?.stop()
  const { records, interChunk, transit, blocks, flights, threads } = await loading
  const instrument = selfCheck.stop(peakConcurrency(records), threads)
  const usageAfter = usageBefore && (await readUsage(gatewayUrl))
  const markAfter = usageBefore && (await readHighWaterMark(gatewayUrl))
  // A mark that did not rise is of an earlier load, or of the warm-up.
  const highWaterMark = markAfter !== undefined && markAfter > (markBefore ?? 0) ? markAfter : undefined
  const { samples = 0, peak: sampledPeak } = sampled ?? {}
  const telemetry: GatewayTelemetry = known({ samples, usageBefore, usageAfter, sampledPeak, highWaterMark })
  return {
    records,
    interChunk: interChunk.toJSON(),
    ...(transit && { transit: transit.toJSON() }),
    ...(flights.length > 0 && { flights }),
    blocks,
    telemetry,
    instrument,
    notStarted: scenario.streams - records.length,
  }
}

/** Samples whichever gauge of open streams the gateway has. */
function startSampler(
  gatewayUrl: string,
  usage: GatewayUsage | undefined,
  probe: ActiveStreamsProbe | undefined,
): GaugeSampler | undefined {
  if (probe) return sampleGauge(() => readActiveStreams(gatewayUrl, probe), probe.everyMs ?? gaugeEveryMs)
  if (usage?.active_streams === undefined) return undefined
  return sampleGauge(async () => (await readUsage(gatewayUrl))?.active_streams, gaugeEveryMs)
}

/** The first streams also show whether the gateway speaks the protocol at all: where each fails, a load would say no more. */
async function warmTheGatewayUp(
  target: Target,
  scenario: Scenario,
  topology: Topology,
  context: LoadContext,
): Promise<void> {
  context.onPhase(`warming up with ${scenario.warmUpStreams} streams that are not counted`)
  const { records } = await context.runner.load({
    target,
    scenario: {
      ...scenario,
      streams: scenario.warmUpStreams,
      faults: [],
      clientFaults: [],
      chunks: warmUp.chunks,
      delayMs: warmUp.delayMs,
      rampMs: 0,
    },
    userAgent: userAgent(context),
    isPlanCertain: true,
    signal: context.signal,
    progress: noProgress(),
  })
  const [first] = records
  if (context.signal.aborted || first?.outcome.state !== 'failed') return
  if (records.some((record) => record.outcome.state === 'whole')) return
  const death = await topology.death()
  if (death) throw diedBeforeTheLoad(death)
  // What breaks each stream may be the toxic: then it is for the load to show.
  if (topology.toxics) return
  const { kind, phase, detail } = first.outcome
  throw new ProbeError(
    `${topology.gateway.name} failed each stream before the load: ${kind} (phase ${phase}): ${detail}`,
  )
}

/** Who died, where the mock no longer answers: it is the mock, even if its process is still there. */
async function deathIn(topology: Topology): Promise<Death> {
  return (await topology.death()) ?? { name: 'mock', how: `no answer at ${topology.mockUrl}`, lastLines: [] }
}

function diedBeforeTheLoad({ name, how, lastLines }: Death): EnvironmentError {
  return new EnvironmentError([`${name} died before the load: ${how}`, ...lastLines].join('\n  '))
}

/** How many streams go first: none more than the load has. */
export function warmUpStreams(streams: number): number {
  return Math.min(warmUp.streams, streams)
}

function userAgent({ harnessVersion }: ExperimentContext): string {
  return `ccr-sse-stress/${harnessVersion}`
}
