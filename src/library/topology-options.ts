import { type Problem, UsageError } from '../base/errors.ts'
import type { WorkerCount } from '../host/workers.ts'
import { sourceVariable } from '../options/compose-variables.ts'
import { readOption } from '../options/option.ts'
import { checkPassEnv } from '../options/pass-env.ts'
import { options as table } from '../options/table.ts'
import {
  type ContainerGateway,
  type CustomGateway,
  checkCustomGateway,
  type ImageGateway,
} from '../topology/containers/custom-gateway.ts'
import { type GatewayLimits, limitsFor } from '../topology/containers/gateway-limits.ts'
import { hopProblems, type Toxics } from '../topology/hop.ts'
import { parseHopToxic } from '../toxic/parse-toxic.ts'

/** The gateway between runner and mock, with its limits in containers. */
export type GatewayOptions = KnownGateway | ImageGateway | ContainerGateway

/** A gateway that this program knows how to start. */
export interface KnownGateway extends GatewayLimits {
  /** `direct`: no gateway. In containers, `ccr-rust` is built from `source`, by default from the public repository. */
  readonly kind: 'ccr-rust' | 'reference' | 'direct'
  /** Source of ccr-rust: a folder, or in containers also a git URL. */
  readonly source?: string
  /** Binary of ccr-rust; local driver only. */
  readonly binary?: string
}

/** What to start. */
export interface TopologyOptions {
  /** `local`: processes on this machine. Otherwise the containers of docker-compose.yml. */
  readonly driver: 'testcontainers' | 'compose' | 'local'
  /** Default: the reference gateway. */
  readonly gateway?: GatewayOptions
  /**
   * `container` (default): the runner is a container on the topology's own network. `host`: this process, through ports
   * published on 127.0.0.1. With the local driver, the runner is always this process.
   */
  readonly runner?: 'container' | 'host'
  /** Network faults on the gateway's connections, as `--toxic` spells them: `gateway-mock:latency=20ms`. */
  readonly toxics?: readonly string[]
  /** Seed of everything random in the toxics; default 1. */
  readonly toxicSeed?: number
  /**
   * Threads of the runner and processes of the mock: a number, or `auto` (default), as `--workers`. Results do not depend on
   * it. With `auto` the mock is one process, because it starts before a scenario is known.
   */
  readonly workers?: WorkerCount
  /** Names of environment variables that mock, gateway and proxies get too; local driver only. */
  readonly passEnv?: readonly string[]
  /** Interrupts the start-up, and later each run. */
  readonly signal?: AbortSignal
  /** Receives one line per step. */
  readonly onProgress?: (text: string) => void
}

/** Validated options, with defaults. */
export type CheckedTopology = {
  readonly workers: WorkerCount
  /** Processes of the mock. */
  readonly mockWorkers: number
  readonly toxics: Toxics
  readonly runner: 'container' | 'host'
} & (
  | { readonly driver: 'local'; readonly gateway: KnownGateway; readonly custom?: undefined }
  | {
      readonly driver: 'testcontainers' | 'compose'
      readonly gateway: KnownGateway['kind'] | 'custom'
      readonly custom?: CustomGateway
      readonly limits: GatewayLimits
      /** The compose variable with the source of ccr-rust, if any. */
      readonly source: Readonly<Record<string, string>>
    }
)

/** Validates the options of a topology. Throws a UsageError. */
export function checkTopologyOptions(options: TopologyOptions): CheckedTopology {
  const { driver, gateway = { kind: 'reference' }, runner = 'container' } = options
  const workers = checkWorkers(options)
  const toxics = checkToxics(options, gateway.kind)
  checkVariables(options)
  const custom = isCustom(gateway) ? checkCustomGateway(gateway, driver) : undefined
  const shared = { workers, mockWorkers: workers === 'auto' ? 1 : workers, toxics }
  if (driver === 'local') {
    if (isCustom(gateway)) throw new Error('checkCustomGateway accepted a custom gateway for the local driver')
    refuseLimits(gateway)
    return { ...shared, driver, runner: 'host', gateway }
  }
  return {
    ...shared,
    driver,
    runner,
    gateway: isCustom(gateway) ? 'custom' : gateway.kind,
    custom,
    limits: limitsFor(driver, gateway.kind, gateway),
    source: gateway.kind === 'ccr-rust' ? sourceVariable(gateway.source, 'gateway.source') : {},
  }
}

function isCustom(gateway: GatewayOptions): gateway is ImageGateway | ContainerGateway {
  return gateway.kind === 'image' || gateway.kind === 'container'
}

function refuseLimits(gateway: KnownGateway): void {
  const limits = (['cpus', 'memoryMb', 'pids'] as const).filter((name) => gateway[name] !== undefined)
  if (limits.length === 0) return
  const message = 'needs the driver testcontainers or compose: only containers have limits (driver is local)'
  throw new UsageError(limits.map((name) => ({ where: `gateway.${name}`, message })))
}

function checkVariables({ passEnv = [], driver }: TopologyOptions): void {
  const problems: Problem[] = []
  for (const name of passEnv) readOption(table.passEnv.schema, name, 'passEnv', problems)
  if (passEnv.length > 0 && driver !== 'local')
    problems.push({ where: 'passEnv', message: `needs the driver local (driver is ${driver})` })
  if (problems.length === 0) checkPassEnv(passEnv, process.env, problems, 'passEnv')
  if (problems.length > 0) throw new UsageError(problems)
}

function checkWorkers({ workers = 'auto' }: TopologyOptions): WorkerCount {
  const problems: Problem[] = []
  const checked = readOption(table.workers.schema, workers, 'workers', problems)
  if (checked === undefined) throw new UsageError(problems)
  return checked
}

function checkToxics({ toxics = [], toxicSeed = 1 }: TopologyOptions, gateway: string): Toxics {
  const problems: Problem[] = []
  const list = toxics.flatMap((text) => parseHopToxic(text, problems) ?? [])
  const all = [...problems, ...hopProblems(list, gateway)].map((problem) => ({ ...problem, where: 'toxics' }))
  readOption(table.seed.schema, toxicSeed, 'toxicSeed', all)
  if (all.length > 0) throw new UsageError(all)
  return { list, seed: toxicSeed }
}
