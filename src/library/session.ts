import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { type Problem, UsageError } from '../base/errors.ts'
import { known } from '../base/known.ts'
import { version } from '../base/version.ts'
import { runInContainers } from '../experiment/containers.ts'
import type { ExperimentContext } from '../experiment/context.ts'
import { runExperiment } from '../experiment/experiment.ts'
import { preflight } from '../host/preflight.ts'
import type { WorkerCount } from '../host/workers.ts'
import type { Run } from '../model/run.ts'
import type { Experiment } from '../model/scenario.ts'
import { scenarioVariables, sourceVariable } from '../options/compose-variables.ts'
import { readOption } from '../options/option.ts'
import { experimentOf, type ScenarioOptions } from '../options/scenario.ts'
import { options as table } from '../options/table.ts'
import type { CommandLine, Host } from '../process/host.ts'
import { twoFreePorts } from '../process/ports.ts'
import { newRunId } from '../results/run-id.ts'
import {
  type ContainerGateway,
  type CustomGateway,
  checkCustomGateway,
  type ImageGateway,
} from '../topology/containers/custom-gateway.ts'
import { defaultLimits, type GatewayLimits } from '../topology/containers/gateway-limits.ts'
import { type ContainerTopologyOptions, startContainerTopology } from '../topology/containers/start.ts'
import { hopProblems, type Toxics } from '../topology/hop.ts'
import { startLocalTopology } from '../topology/local.ts'
import { parseHopToxic } from '../toxic/parse-toxic.ts'
import { type RunResult, resultOfRun } from './result.ts'

/** The gateway between runner and mock, and in containers what it is held to. */
export type GatewayOptions = KnownGateway | ImageGateway | ContainerGateway

/** A gateway that this program knows how to start. */
export interface KnownGateway extends GatewayLimits {
  /** `direct`: none. `ccr-rust` is built from `source`, or from the public repository in containers. */
  readonly kind: 'ccr-rust' | 'reference' | 'direct'
  /** Source of ccr-rust: a folder, or in containers a git URL. */
  readonly source?: string
  /** Binary of ccr-rust, local driver only. */
  readonly binary?: string
}

/** What to stand up. */
export interface TopologyOptions {
  /** `local`: processes of this machine. The others: the containers of docker-compose.yml. */
  readonly driver: 'testcontainers' | 'compose' | 'local'
  /** The reference gateway where not given. */
  readonly gateway?: GatewayOptions
  /**
   * `container` (where not given): the runner is a container on the topology's own network. `host`: this process, by ports
   * published on 127.0.0.1. The local driver's runner is always this process.
   */
  readonly runner?: 'container' | 'host'
  /** What is wrong with the wire beside the gateway, as `--toxic` spells it: `gateway-mock:latency=20ms`. */
  readonly toxics?: readonly string[]
  /** Seed of all that is random in the toxics: 1 where not given. */
  readonly toxicSeed?: number
  /**
   * Threads that open the streams, and processes of the mock: a number, or `auto` (where not given), as `--workers` has it. What a
   * run finds does not depend on it. With `auto` the mock is one process, as it stands before a scenario is known.
   */
  readonly workers?: WorkerCount
  /** Ends the start-up, and later each run, in order. */
  readonly signal?: AbortSignal
  /** What is going on, a line each. */
  readonly onProgress?: (text: string) => void
}

/** A mock and a gateway that stand, for as many runs as one likes. `await using` or `stop()` tears them down. */
export interface StartedTopology extends AsyncDisposable {
  /** Does one run; the next one needs no build and no start. Throws a UsageError for a scenario that can't be. */
  run(scenario?: ScenarioOptions, how?: Pick<TopologyOptions, 'signal' | 'onProgress'>): Promise<RunResult>
  stop(): Promise<void>
}

/** Stands a topology up. Throws an EnvironmentError where the machine does not allow it, with nothing left behind. */
export async function startTopology(options: TopologyOptions): Promise<StartedTopology> {
  const { signal = new AbortController().signal, onProgress = () => undefined } = options
  const host: Host = { env: process.env, log: pino({ level: 'silent' }), cli: ownCommand(), onProgress, signal }
  const workers = workersOf(options)
  const toxics = toxicsOf(options)
  const custom = customOf(options)
  const started =
    options.driver === 'local'
      ? await startLocal(options, toxics, host)
      : await startContainers(options, custom, toxics, host)
  // Gateway and proxies on this machine need two a stream.
  const needs = options.driver === 'local' || toxics.list.length > 0 ? 2 : 1
  const runner = options.driver === 'local' ? 'host' : (options.runner ?? 'container')
  let stopped: Promise<void> | undefined
  const stop = () => {
    stopped ??= started.stop()
    return stopped
  }
  return {
    async run(wanted = {}, how = {}) {
      const asked = experimentOf(wanted, custom?.protocols)
      if (runner === 'host') preflight({ streams: asked.scenario.streams, descriptorsPerStream: needs })
      const context = {
        id: newId(),
        harnessVersion: version,
        signal: how.signal ? AbortSignal.any([signal, how.signal]) : signal,
        workers,
        onProgress: how.onProgress ?? onProgress,
        onLoad: () => undefined,
      }
      return resultOfRun(await started.run(asked, context), runner)
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

/** Stands a topology up, does one run and tears it down. */
export async function runScenario(options: TopologyOptions, scenario: ScenarioOptions = {}): Promise<RunResult> {
  experimentOf(scenario, customOf(options)?.protocols)
  const topology = await startTopology(options)
  try {
    return await topology.run(scenario)
  } finally {
    await topology.stop()
  }
}

interface Started {
  readonly run: (asked: Experiment, context: ExperimentContext) => Promise<Run>
  readonly stop: () => Promise<void>
}

const reference: KnownGateway = { kind: 'reference' }

function isCustom(gateway: GatewayOptions): gateway is ImageGateway | ContainerGateway {
  return gateway.kind === 'image' || gateway.kind === 'container'
}

/** The gateway where it is the user's own, checked. */
function customOf({ gateway = reference, driver, runner }: TopologyOptions): CustomGateway | undefined {
  return isCustom(gateway) ? checkCustomGateway(gateway, known({ driver, runner })) : undefined
}

async function startLocal(options: TopologyOptions, toxics: Toxics, host: Host): Promise<Started> {
  const { gateway: wanted = reference } = options
  // One of the user's own was refused before.
  const gateway = isCustom(wanted) ? reference : wanted
  const limits = (['cpus', 'memoryMb', 'pids'] as const).filter((name) => gateway[name] !== undefined)
  if (limits.length > 0) {
    const message = 'needs the driver testcontainers or compose: only containers have limits (driver is local)'
    throw new UsageError(limits.map((name) => ({ where: `gateway.${name}`, message })))
  }
  const { chunks = 0, delayMs = 0, model } = experimentOf({}).scenario
  const [mockPort, ccrPort] = await twoFreePorts()
  const topology = await startLocalTopology(
    {
      gateway: gateway.kind,
      ...known({ ccrBin: gateway.binary, ccrSource: gateway.source }),
      mockPort,
      ccrPort,
      chunks,
      delayMs,
      model,
      mockWorkers: mockWorkersOf(options),
      toxics,
    },
    host,
  )
  return {
    run: (asked, context) => runExperiment(topology, asked, context),
    stop: async () => topology[Symbol.asyncDispose](),
  }
}

async function startContainers(
  options: TopologyOptions,
  custom: CustomGateway | undefined,
  toxics: Toxics,
  host: Host,
): Promise<Started> {
  const { driver, gateway = reference, runner = 'container' } = options
  const { cpus, memoryMb, pids } = gateway
  const limits = {
    ...(driver === 'testcontainers' && gateway.kind !== 'direct' && defaultLimits),
    ...known({ cpus, memoryMb, pids }),
  }
  const source = gateway.kind === 'ccr-rust' ? sourceVariable(gateway.source, 'gateway.source') : {}
  const topology = await startContainerTopology(
    {
      project: `ccr-sse-stress-${newId()}`,
      driver: driver as ContainerTopologyOptions['driver'],
      gateway: isCustom(gateway) ? 'custom' : gateway.kind,
      ...known({ custom }),
      runner,
      mockPort: Number(table.mockPort.default),
      gatewayPort: custom?.port ?? Number(table.ccrPort.default),
      variables: { ...scenarioVariables(experimentOf({}).scenario), WORKERS: `${mockWorkersOf(options)}`, ...source },
      limits,
      toxics,
    },
    host,
  )
  return {
    run: (experiment, context) => runInContainers(topology, experiment, context),
    stop: async () => topology[Symbol.asyncDispose](),
  }
}

function workersOf({ workers = 'auto' }: TopologyOptions): WorkerCount {
  const problems: Problem[] = []
  const checked = readOption(table.workers.schema, workers, 'workers', problems)
  if (checked === undefined) throw new UsageError(problems)
  return checked
}

function mockWorkersOf(options: TopologyOptions): number {
  const workers = workersOf(options)
  return workers === 'auto' ? 1 : workers
}

function toxicsOf({ toxics = [], toxicSeed = 1, gateway = reference }: TopologyOptions): Toxics {
  const problems: Problem[] = []
  const list = toxics.flatMap((text) => parseHopToxic(text, problems) ?? [])
  const all = [...problems, ...hopProblems(list, gateway.kind)].map((problem) => ({ ...problem, where: 'toxics' }))
  readOption(table.seed.schema, toxicSeed, 'toxicSeed', all)
  if (all.length > 0) throw new UsageError(all)
  return { list, seed: toxicSeed }
}

function newId(): string {
  return newRunId(new Date(), randomBytes(3).toString('hex'))
}

/** The command line beside this file: `cli.ts` in a checkout, `cli.js` in the package. */
function ownCommand(): CommandLine {
  const self = import.meta.url
  const script = fileURLToPath(new URL(`../cli${self.slice(self.lastIndexOf('.'))}`, self))
  return { execPath: process.execPath, script }
}
