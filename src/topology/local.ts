import { tmpdir } from 'node:os'
import { EnvironmentError } from '../base/errors.ts'
import { sleep } from '../base/sleep.ts'
import type { GatewaySearch } from '../gateways/descriptor.ts'
import { findGateway, type GatewayChoice } from '../gateways/find.ts'
import { type LaunchSetup, prepareLaunch } from '../gateways/launch.ts'
import { holderOf } from '../host/sockets.ts'
import { type Child, type ChildOptions, deathReportMs, startChild } from '../process/child.ts'
import { ownEnvironment } from '../process/child-environment.ts'
import type { Host } from '../process/host.ts'
import { instanceVariable, newInstance } from '../process/instance.ts'
import { describePortInUse, reservePorts } from '../process/ports.ts'
import { healthFault, waitUntilHealthy } from '../process/readiness.ts'
import { createRunFolder } from '../process/run-folder.ts'
import { createTearDown, type TearDown } from '../process/tear-down.ts'
import { hasHop, startHop, type Toxics, toxicTexts, withFrontHop } from './hop.ts'
import { mockPart } from './instrument-part.ts'
import { noGateway, type Topology } from './topology.ts'

/** Options of a topology whose mock and gateway are processes on this machine, on 127.0.0.1. */
export interface LocalTopologyOptions extends Omit<GatewaySearch, 'host'>, Pick<LaunchSetup, 'model' | 'idleLimitMs'> {
  readonly gateway: GatewayChoice
  /** 0: any free port. */
  readonly mockPort: number
  /** 0: any free port. */
  readonly ccrPort: number
  /** The mock's plan for requests that do not contain one. */
  readonly chunks: number
  readonly delayMs: number
  /** Planned duration of the longest stream, in ms (default: that of `chunks` and `delayMs`). */
  readonly streamMs?: number
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

/** How to see that a process is ready. */
interface HealthCheck {
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  /** The name that the process was given, if it is our own program. */
  readonly instance?: string
}

/** How to see that a process has started on its port. */
interface StartCheck extends HealthCheck {
  readonly timeoutMs?: number
  readonly port: number
  readonly flag: string
}

/** Starts the topology. If that fails or is aborted, everything that was started is torn down first. */
export async function startLocalTopology(options: LocalTopologyOptions, host: Host): Promise<Topology> {
  return withFrontHop(await startMockAndGateway(options, host), options.toxics, host)
}

async function startMockAndGateway(options: LocalTopologyOptions, host: Host): Promise<Topology> {
  host.signal.throwIfAborted()
  const tearDown = createTearDown(host.killSignal)
  try {
    const uses = [
      { port: options.mockPort, flag: '--mock-port' },
      ...(options.gateway === 'direct' ? [] : [{ port: options.ccrPort, flag: '--ccr-port' }]),
    ]
    // Reserved before the gateway is found (which may build it) until everything that listens on them has ended.
    const reserved = tearDown.own(await reservePorts(uses), (ports) => ports.release())
    const [mockPort = 0, ccrPort = 0] = reserved.ports
    return await startOnPorts({ ...options, mockPort, ccrPort }, host, tearDown)
  } catch (cause) {
    await tearDown[Symbol.asyncDispose]()
    throw cause
  }
}

async function startOnPorts(options: LocalTopologyOptions, host: Host, tearDown: TearDown): Promise<Topology> {
  const { mockPort, ccrPort, toxics } = options
  const { log, onProgress, signal, killSignal } = host
  const gateway = await findGateway(options.gateway, { ...options, host })

  onProgress(gateway ? 'starting the mock and the gateway' : 'starting the mock')
  const failed = new AbortController()
  const stop = AbortSignal.any([signal, failed.signal, ...(killSignal ? [killSignal] : [])])
  const mockUrl = `http://127.0.0.1:${mockPort}`
  const gatewayUrl = `http://127.0.0.1:${ccrPort}`
  const instance = newInstance()

  const start = async (launch: Omit<ChildOptions, 'log'>, { port, flag, ...check }: StartCheck): Promise<Child> => {
    stop.throwIfAborted()
    const { timeoutMs = readyTimeoutMs } = check
    const named = check.instance === undefined ? {} : { [instanceVariable]: check.instance }
    const env = { ...launch.env, ...named }
    const child = tearDown.own(await startChild({ ...launch, env, log }), (c) => c.killNow())
    try {
      await waitUntilHealthy({ ...check, child, timeoutMs: options.readyTimeoutMs ?? timeoutMs, signal: stop })
      return child
    } catch (cause) {
      // A program that does not use reservations has opened the port since it was reserved.
      if (!(cause instanceof EnvironmentError) || holderOf(port, child.pid) !== 'foreign') throw cause
      throw new EnvironmentError(`${describePortInUse(port, flag)}\n${cause.message}`, { cause })
    }
  }
  const startMock = () => {
    const { execPath, script } = host.cli
    const { chunks, delayMs, mockWorkers = 1 } = options
    const plan = ['--chunks', `${chunks}`, '--delay-ms', `${delayMs}`, '--workers', `${mockWorkers}`]
    const args = [script, 'mock', '--port', `${mockPort}`, ...plan, '--host', '127.0.0.1']
    const launch = { name: 'mock', command: execPath, args, env: ownEnvironment(host), channel: true }
    return start(launch, { url: `${mockUrl}/health`, instance, port: mockPort, flag: '--mock-port' })
  }
  const startUpstreamHop = async () => {
    if (!hasHop(toxics, 'gateway-mock')) return undefined
    const hop = await startHop('gateway-mock', mockUrl, toxics, { ...host, signal: stop })
    tearDown.own(hop.child, (c) => c.killNow())
    return hop
  }
  const ownFolder = () =>
    tearDown.own(createRunFolder(options.temporary ?? tmpdir(), host), (run) => run.removeNow()).path
  const startGateway = async () => {
    if (!gateway) return undefined
    const hop = await startUpstreamHop()
    const { folder } = gateway.descriptor
    const home = folder === 'current' ? '.' : ownFolder()
    const setup = {
      port: ccrPort,
      upstreamOrigin: hop?.url ?? mockUrl,
      home,
      model: options.model,
      streamMs: options.streamMs ?? options.chunks * options.delayMs,
      idleLimitMs: options.idleLimitMs,
    }
    const { identity, healthUrl, readyTimeoutMs, activeStreams, ...launch } = await prepareLaunch(gateway, setup, host)
    // Only our own commands have a channel, and know the name that they were given.
    const check = { url: healthUrl, headers: options.headers, instance: launch.channel ? instance : undefined }
    const child = await start(launch, { ...check, timeoutMs: readyTimeoutMs, port: ccrPort, flag: '--ccr-port' })
    return { child, hop, identity, check, activeStreams }
  }

  // In parallel, because each spends most of its start-up loading code. If one fails, the other is stopped.
  const giveUp = (error: unknown) => {
    failed.abort(error)
    throw error
  }
  const [mock, started] = await Promise.allSettled([startMock().catch(giveUp), startGateway().catch(giveUp)])
  if (mock.status === 'rejected' || started.status === 'rejected') throw stop.reason
  const { child, hop, identity = noGateway(mockUrl), check, activeStreams } = started.value ?? {}
  log.debug({ mockUrl, gatewayUrl, gateway: identity }, 'topology is healthy')
  return {
    gatewayUrl: child ? gatewayUrl : mockUrl,
    mockUrl,
    gateway: identity,
    activeStreams,
    toxics: toxicTexts(toxics, ['gateway-mock']),
    gatewayProcess: child && { pid: child.pid, inContainer: false },
    proxies: hop && (() => [hop.readings()]),
    parts: [mockPart(mockUrl, mock.value), ...(hop ? [hop.part] : [])],
    async death() {
      if (!child || !check) return undefined
      const { url, ...question } = check
      const fault = await healthFault(url, question)
      // If it does not answer, it may have ended: wait a moment for the report.
      const timeout = fault === undefined ? undefined : sleep(deathReportMs).then(() => undefined)
      return Promise.race([child.died, timeout])
    },
    unref: tearDown.unref,
    [Symbol.asyncDispose]: tearDown[Symbol.asyncDispose],
  }
}
