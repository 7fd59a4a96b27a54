import { rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { sleep } from '../base/sleep.ts'
import type { GatewaySearch } from '../gateways/descriptor.ts'
import { findGateway, type GatewayChoice } from '../gateways/find.ts'
import { type LaunchSetup, prepareLaunch } from '../gateways/launch.ts'
import { makeTemporaryFolder } from '../host/user-folders.ts'
import { type Child, type ChildOptions, startChild } from '../process/child.ts'
import { ownEnvironment } from '../process/child-environment.ts'
import type { Host } from '../process/host.ts'
import { checkPortsFree } from '../process/ports.ts'
import { healthFault, waitUntilHealthy } from '../process/readiness.ts'
import { createTearDown, type TearDown } from '../process/tear-down.ts'
import { hasHop, startHop, type Toxics, toxicTexts, withFrontHop } from './hop.ts'
import { noGateway, type Topology } from './topology.ts'

/** Options of a topology whose mock and gateway are processes on this machine, on 127.0.0.1. */
export interface LocalTopologyOptions extends Omit<GatewaySearch, 'host'>, Pick<LaunchSetup, 'model' | 'idleLimitMs'> {
  readonly gateway: GatewayChoice
  readonly mockPort: number
  readonly ccrPort: number
  /** The mock's plan for requests that do not contain one. */
  readonly chunks: number
  readonly delayMs: number
  /** Processes of the mock; 1 if absent. */
  readonly mockWorkers?: number
  readonly toxics: Toxics
  /** Headers of every request to the gateway. */
  readonly headers?: Readonly<Record<string, string>>
  /** How long each process may take to become healthy, in ms. */
  readonly readyTimeoutMs?: number
  /** Parent of the run's temporary folder; the system's folder if absent. */
  readonly temporary?: string
}

const readyTimeoutMs = 15_000
/** Maximum time until a child's end and its last output are reported here, in ms. */
const deathReportMs = 1000

/** How to see that a process is ready. */
interface HealthCheck {
  readonly url: string
  readonly timeoutMs?: number
  readonly headers?: Readonly<Record<string, string>>
}

/** Starts the topology. If that fails or is aborted, everything that was started is torn down first. */
export async function startLocalTopology(options: LocalTopologyOptions, host: Host): Promise<Topology> {
  return withFrontHop(await startMockAndGateway(options, host), options.toxics, host)
}

async function startMockAndGateway(options: LocalTopologyOptions, host: Host): Promise<Topology> {
  const { mockPort, ccrPort, toxics } = options
  const { log, onProgress, signal, killSignal } = host
  signal.throwIfAborted()
  await checkPortsFree([
    { port: mockPort, flag: '--mock-port' },
    ...(options.gateway === 'direct' ? [] : [{ port: ccrPort, flag: '--ccr-port' }]),
  ])
  const gateway = await findGateway(options.gateway, { ...options, host })

  onProgress(gateway ? 'starting the mock and the gateway' : 'starting the mock')
  const tearDown = createTearDown(killSignal)
  const failed = new AbortController()
  const stop = AbortSignal.any([signal, failed.signal, ...(killSignal ? [killSignal] : [])])
  const mockUrl = `http://127.0.0.1:${mockPort}`
  const gatewayUrl = `http://127.0.0.1:${ccrPort}`

  const start = async (
    launch: Omit<ChildOptions, 'log'>,
    { url, timeoutMs = readyTimeoutMs, headers }: HealthCheck,
  ): Promise<Child> => {
    stop.throwIfAborted()
    const child = tearDown.own(await startChild({ ...launch, log }), (c) => c.killNow())
    await waitUntilHealthy({ url, child, timeoutMs: options.readyTimeoutMs ?? timeoutMs, signal: stop, headers })
    return child
  }
  const startMock = () => {
    const { execPath, script } = host.cli
    const { chunks, delayMs, mockWorkers = 1 } = options
    const plan = ['--chunks', `${chunks}`, '--delay-ms', `${delayMs}`, '--workers', `${mockWorkers}`]
    const args = [script, 'mock', '--port', `${mockPort}`, ...plan, '--host', '127.0.0.1']
    return start(
      { name: 'mock', command: execPath, args, env: ownEnvironment(host), channel: true },
      { url: `${mockUrl}/health` },
    )
  }
  const startUpstreamHop = async () => {
    if (!hasHop(toxics, 'gateway-mock')) return undefined
    const hop = await startHop('gateway-mock', mockUrl, toxics, { ...host, signal: stop })
    tearDown.own(hop.child, (c) => c.killNow())
    return hop
  }
  const startGateway = async () => {
    if (!gateway) return undefined
    const hop = await startUpstreamHop()
    const { folder } = gateway.descriptor
    const home = folder === 'current' ? '.' : await createRunFolder(options.temporary, tearDown)
    const setup = {
      port: ccrPort,
      upstreamOrigin: hop?.url ?? mockUrl,
      home,
      model: options.model,
      streamMs: options.chunks * options.delayMs,
      idleLimitMs: options.idleLimitMs,
    }
    const { identity, healthUrl, readyTimeoutMs, activeStreams, ...launch } = await prepareLaunch(gateway, setup, host)
    const child = await start(launch, { url: healthUrl, timeoutMs: readyTimeoutMs, headers: options.headers })
    return { child, hop, identity, healthUrl, activeStreams }
  }

  // In parallel, because each spends most of its start-up loading code. If one fails, the other is stopped.
  const giveUp = (error: unknown) => {
    failed.abort(error)
    throw error
  }
  const [mock, started] = await Promise.allSettled([startMock().catch(giveUp), startGateway().catch(giveUp)])
  if (mock.status === 'rejected' || started.status === 'rejected') {
    await tearDown[Symbol.asyncDispose]()
    throw stop.reason
  }
  const { child, hop, identity = noGateway(mockUrl), healthUrl, activeStreams } = started.value ?? {}
  log.debug({ mockUrl, gatewayUrl, gateway: identity }, 'topology is healthy')
  const died = Promise.race([mock.value, child, hop?.child].flatMap((process) => (process ? [process.died] : [])))
  const checks: readonly HealthCheck[] = [
    { url: `${mockUrl}/health` },
    ...(healthUrl === undefined ? [] : [{ url: healthUrl, headers: options.headers }]),
  ]
  return {
    gatewayUrl: child ? gatewayUrl : mockUrl,
    mockUrl,
    gateway: identity,
    activeStreams,
    toxics: toxicTexts(toxics, ['gateway-mock']),
    gatewayProcess: child && { pid: child.pid, inContainer: false },
    proxies: hop && (() => [hop.readings()]),
    async death() {
      const faults = await Promise.all(checks.map(({ url, headers }) => healthFault(url, { headers })))
      // If a process does not answer, it may have ended: wait a moment for the report.
      const timeout = faults.every((fault) => fault === undefined)
        ? undefined
        : sleep(deathReportMs).then(() => undefined)
      return Promise.race([died, timeout])
    },
    unref: tearDown.unref,
    [Symbol.asyncDispose]: tearDown[Symbol.asyncDispose],
  }
}

/** Makes a temporary folder for this user only (0700). It is removed with its content at the tear-down. */
async function createRunFolder(parent: string | undefined, tearDown: TearDown): Promise<string> {
  const path = await makeTemporaryFolder('ccr-sse-stress-', parent)
  // A process that was killed a moment ago may still be writing: hence the retries.
  const options = { recursive: true, force: true, maxRetries: 3, retryDelay: 20 }
  tearDown.own({ [Symbol.asyncDispose]: () => rm(path, options) }, () => rmSync(path, options))
  return path
}
