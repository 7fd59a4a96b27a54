import { sleep } from '../base/sleep.ts'
import { watchPauses } from '../host/pauses.ts'
import { readProcessTree } from '../host/process-tree.ts'
import { readSockets } from '../host/sockets.ts'
import { totalMs } from '../judge/pauses.ts'
import { isBack, peakOfGateway, remainNames } from '../judge/remains.ts'
import { generateLoad, noProgress } from '../load/generator.ts'
import type { Drain, Remains } from '../model/drain.ts'
import type { GatewayUsage } from '../model/gateway.ts'
import type { MockStats } from '../model/mock-stats.ts'
import { describeFailure } from '../model/record.ts'
import type { Run } from '../model/run.ts'
import type { Experiment, Scenario } from '../model/scenario.ts'
import { healthFault } from '../process/readiness.ts'
import type { Topology } from '../topology/topology.ts'
import type { RunContext } from './context.ts'
import { readMockStats, readUsage } from './telemetry.ts'

/** Interval between two samples, in ms. */
const everyMs = 100

/** Maximum duration of the probe stream, in s. */
const probeTimeoutS = 10

/** The state before the load, and the time limit of the drain, in s. */
export interface BeforeLoad {
  readonly remains: Remains
  readonly limitS: number
}

/** Samples the state before the load; undefined if the check is disabled or there is no gateway. */
export async function sampleBeforeLoad({ topology, experiment }: RunContext): Promise<BeforeLoad | undefined> {
  const { drainLimitS: limitS = 0 } = experiment.scenario
  if (limitS === 0 || topology.gateway.kind === 'none') return undefined
  return { remains: (await sample(topology, experiment.headers)).remains, limitS }
}

/**
 * Waits after the load until everything is back to its state before it, or until the limit, and then sends a probe stream.
 * `mock` is what the mock had counted before the probe. Undefined after an interrupt.
 */
export async function awaitDrain(
  run: RunContext,
  before: BeforeLoad,
  records: Run['records'],
): Promise<{ readonly drain: Drain; readonly mock: MockStats | undefined } | undefined> {
  const { topology } = run
  const { headers } = run.experiment
  const drained = await sampleUntilBack(run, before, records)
  if (drained === undefined) return undefined
  const probe = await probeUndisturbed(run)
  const fault = hasKnownHealthPath(topology)
    ? await healthFault(`${topology.gatewayUrl}/health`, { headers })
    : undefined
  return { drain: { ...drained.drain, probe, healthFault: fault }, mock: drained.mock }
}

function hasKnownHealthPath({ gateway }: Topology): boolean {
  return gateway.kind === 'ccr-rust' || gateway.kind === 'reference'
}

interface Sample {
  readonly remains: Remains
  readonly usage: GatewayUsage | undefined
  readonly mock: MockStats | undefined
}

/** Takes one sample of everything that a load may leave behind. */
async function sample(
  { gatewayUrl, mockUrl, gatewayProcess }: Topology,
  headers: Experiment['headers'],
): Promise<Sample> {
  const [usage, mock] = await Promise.all([readUsage(gatewayUrl, headers), readMockStats(mockUrl)])
  const resources = gatewayProcess && {
    ...readSockets(gatewayProcess.pid),
    memoryBytes: readProcessTree(gatewayProcess.pid)?.memoryBytes,
  }
  return {
    remains: { activeStreams: usage?.active_streams, mockStreams: mock?.streamsOpen, ...resources },
    usage,
    mock,
  }
}

async function sampleUntilBack(
  { topology, experiment, signal }: RunContext,
  { remains: before, limitS }: BeforeLoad,
  records: Run['records'],
): Promise<{ readonly drain: Drain; readonly mock: MockStats | undefined } | undefined> {
  const startMs = performance.now()
  const backMs: Partial<Record<keyof Remains, number>> = {}
  // Pauses of this process do not count: it could not observe a recovery.
  const ownPauses = watchPauses()
  using _ = { [Symbol.dispose]: () => ownPauses.stop() }
  for (let dueMs = startMs + everyMs; !signal.aborted; dueMs += everyMs) {
    const { remains: after, usage, mock } = await sample(topology, experiment.headers)
    const tookMs = Math.max(0, Math.round(performance.now() - startMs - totalMs(ownPauses.read())))
    const peak = peakOfGateway({ records, mock })
    if (noteBack(backMs, { before, after, peak, tookMs }) || tookMs >= limitS * 1000)
      return { drain: { limitS, tookMs, before, after, backMs, usage }, mock }
    await sleep(dueMs - performance.now(), signal)
  }
  return undefined
}

/** Records when each resource recovered, clears the time of one that grew again, and returns whether all have recovered. */
function noteBack(
  backMs: Partial<Record<keyof Remains, number>>,
  state: { readonly before: Remains; readonly after: Remains; readonly peak: number; readonly tookMs: number },
): boolean {
  const { before, after, peak, tookMs } = state
  let all = true
  for (const name of remainNames) {
    if (!isBack(name, before, after, peak)) {
      all = false
      delete backMs[name]
    } else if (before[name] !== undefined && after[name] !== undefined) backMs[name] ??= tookMs
  }
  return all
}

/** Sends the probe stream, and once more if it failed while this process was paused. */
async function probeUndisturbed(run: RunContext): Promise<Drain['probe']> {
  const ownPauses = watchPauses()
  const probe = await probeGateway(run).finally(() => ownPauses.stop())
  return probe?.whole === false && ownPauses.read().length > 0 ? probeGateway(run) : probe
}

/**
 * Sends one short stream through the gateway, not through a proxy in front of it. Undefined if the result says nothing about the
 * gateway: this machine was out of a resource, or the run was interrupted.
 */
async function probeGateway({ topology, experiment, signal }: RunContext): Promise<Drain['probe']> {
  const { requestProfile, model, maxTokens, seed } = experiment.scenario
  const scenario: Scenario = {
    streams: 1,
    chunks: 2,
    delayMs: 1,
    rampMs: 0,
    timeoutS: probeTimeoutS,
    idleS: probeTimeoutS,
    content: 'plain',
    requestProfile,
    model,
    maxTokens,
    // A different seed, so that the mock does not take it for a stream of the load.
    seed: (seed + 1) % 2 ** 32,
    warmUpStreams: 0,
  }
  const target = { baseUrl: topology.gatewayUrl, protocol: experiment.protocol }
  const { headers } = experiment
  const progress = noProgress()
  const { records } = await generateLoad({ target, scenario, headers, isPlanCertain: true, signal, progress })
  const outcome = records[0]?.outcome
  if (outcome?.state === 'whole') return { whole: true }
  if (outcome?.state !== 'failed' || outcome.kind === 'local_resource' || outcome.kind === 'internal_error')
    return undefined
  return { whole: false, fault: describeFailure(outcome) }
}
