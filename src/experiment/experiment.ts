import { nowNs } from '../base/clock.ts'
import { EnvironmentError } from '../base/errors.ts'
import { known } from '../base/known.ts'
import { startMeter } from '../host/meter.ts'
import { readBootId } from '../host/proc.ts'
import { workerCount } from '../host/workers.ts'
import { withRunner } from '../load/runner.ts'
import type { GatewayIdentity } from '../model/gateway.ts'
import type { Run } from '../model/run.ts'
import type { Experiment, Scenario } from '../model/scenario.ts'
import type { Target } from '../model/target.ts'
import type { Death } from '../process/child.ts'
import type { Topology } from '../topology/topology.ts'
import { directLoad } from './baseline.ts'
import type { ExperimentContext, LoadContext } from './context.ts'
import { beginAudit } from './drain/audit.ts'
import { type Loaded, measureLoad, nothingLoaded } from './measured-load.ts'
import { heldClock, readMockClock } from './mock-clock.ts'
import { awaitIdleMock, readMockStats, readTruths, resetIdleMock, withTruth } from './telemetry.ts'
import { diedBeforeTheLoad, warmTheGatewayUp } from './warm-up.ts'

/** How long the mock may take until the streams of the warm-up have left it, in ms. */
const idleWithinMs = 5000

/** What a run is going to do, and where its gateway is going to be. */
export interface Planned extends Experiment {
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
  return withRunner(workerCount(context.workers ?? 1, scenario), async (runner) => ({
    ...begin('stress', target, scenario, gateway, context),
    workers: { runner: runner.workers },
    ...(await loadAlone(target, scenario, { ...context, runner, userAgent: userAgent(context) })),
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
    context.onProgress('tearing down')
    await topology[Symbol.asyncDispose]()
  }
}

/** Loads the gateway of a topology that stands, and leaves it standing. */
export async function loadTopology(topology: Topology, asked: Experiment, context: ExperimentContext): Promise<Run> {
  return withRunner(workerCount(context.workers ?? 1, asked.scenario), (runner) =>
    loadBy(topology, asked, { ...context, runner, userAgent: userAgent(context) }),
  )
}

async function loadBy(topology: Topology, asked: Experiment, context: LoadContext): Promise<Run> {
  const { scenario, protocol } = asked
  const { gatewayUrl, loadUrl = gatewayUrl, toxics } = topology
  const target = { baseUrl: loadUrl, protocol } as const
  const run = { ...begin('run', target, scenario, topology.gateway, context), ...known({ toxics }) }
  if (scenario.warmUpStreams > 0) await warmTheGatewayUp(target, scenario, topology, context)
  const clock = await readMockClock(topology.mockUrl, readBootId())
  const direct = directLoad(topology, asked, { ...context, clock })
  const before = await direct?.('before')
  if (!(await resetIdleMock(topology.mockUrl, idleWithinMs, context.signal)))
    throw diedBeforeTheLoad(await deathIn(topology))
  const audit = await beginAudit(topology, { ...asked, userAgent: context.userAgent, signal: context.signal })
  const meter = topology.startMeter?.() ?? (topology.gatewayProcess && startMeter(topology.gatewayProcess))
  const given = { isPlanCertain: true, clock }
  const loading = measureLoad(target, gatewayUrl, scenario, given, context, topology.activeStreams)
  // Whatever becomes of the load: what measures would keep this process alive.
  await Promise.allSettled([loading])
  const cost = await meter?.stop()
  const { blocks, ...loaded } = await loading
  const counted = await readMockStats(topology.mockUrl)
  const diedInLoad = counted ? await topology.death() : await deathIn(topology)
  // Streams whose client has left may take a while to be noticed: a part of what the audit waits for.
  if (audit && !diedInLoad) context.onProgress('waiting for the gateway to drain')
  const audited = diedInLoad ? undefined : await audit?.finish(loaded.records)
  const { drain } = audited ?? {}
  const mock = audited?.mock ? { ...audited.mock, ...known({ instrument: counted?.instrument }) } : counted
  // Who does not answer after the load may have died since.
  const died = diedInLoad ?? (drain?.probe?.whole === false ? await topology.death() : undefined)
  if (!audit && scenario.clientFaults) await awaitIdleMock(topology.mockUrl, idleWithinMs, context.signal)
  const truths = await readTruths(topology.mockUrl, scenario.seed)
  const records = loaded.records.map((record) => withTruth(record, truths))
  const after = died || context.signal.aborted ? undefined : await direct?.('after').catch(onlyEnvironment(context))
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

/** Who died, where the mock no longer answers: it is the mock, even if its process is still there. */
async function deathIn(topology: Topology): Promise<Death> {
  return (await topology.death()) ?? { name: 'mock', how: `no answer at ${topology.mockUrl}`, lastLines: [] }
}

/** A load that nothing is compared with, block by block. */
async function loadAlone(target: Target, scenario: Scenario, context: LoadContext): Promise<Loaded> {
  const { blocks: _, ...loaded } = await measureLoad(
    target,
    target.baseUrl,
    scenario,
    { isPlanCertain: false },
    context,
  )
  return loaded
}

function userAgent({ harnessVersion }: ExperimentContext): string {
  return `ccr-sse-stress/${harnessVersion}`
}

/** A window that could not be is one less: what was measured before it stays. */
function onlyEnvironment({ onProgress }: ExperimentContext): (cause: unknown) => undefined {
  return (cause) => {
    if (!(cause instanceof EnvironmentError)) throw cause
    onProgress(`no window after the load: ${cause.message}`)
    return undefined
  }
}
