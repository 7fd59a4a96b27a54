import { tmpdir } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { known } from '../base/known.ts'
import { findLocalGateway, type LocalGatewayOptions } from '../gateways/local-gateway.ts'
import { type Child, type ChildOptions, startChild } from '../process/child.ts'
import type { Host } from '../process/host.ts'
import { checkPortsFree } from '../process/ports.ts'
import { healthFault, waitUntilHealthy } from '../process/readiness.ts'
import { createTearDown } from '../process/tear-down.ts'
import { hopsOf, startHop, type Toxics, toldToxics, withFrontHop } from './hop.ts'
import { createRunFolder } from './run-folder.ts'
import { noGateway, type Topology } from './topology.ts'

/** What to stand up on this machine: mock and gateway as processes on 127.0.0.1. */
export interface LocalTopologyOptions extends LocalGatewayOptions {
  readonly mockPort: number
  /** Processes of the mock; one where absent. */
  readonly mockWorkers?: number
  readonly toxics: Toxics
  /** How long each of the two may take until it is healthy. */
  readonly readyTimeoutMs?: number
  /** Where the run's temporary folder is made; the system's folder for such where absent. */
  readonly temporary?: string
}

const readyTimeoutMs = 15_000
/** How long the end of a child may take to be told, its last output included, in ms. */
const toldWithinMs = 1000

/** Stands the topology up; where that fails or is aborted, what was started is torn down first. */
export async function startLocalTopology(options: LocalTopologyOptions, host: Host): Promise<Topology> {
  return withFrontHop(await startMockAndGateway(options, host), options.toxics, host)
}

async function startMockAndGateway(options: LocalTopologyOptions, host: Host): Promise<Topology> {
  const { mockPort, ccrPort, toxics } = options
  const { env, log, onProgress, signal, killSignal } = host
  signal.throwIfAborted()
  await checkPortsFree([
    { port: mockPort, flag: '--mock-port' },
    ...(options.gateway === 'direct' ? [] : [{ port: ccrPort, flag: '--ccr-port' }]),
  ])
  const launchOf = await findLocalGateway(options, host)

  onProgress(options.gateway === 'direct' ? 'starting the mock' : 'starting the mock and the gateway')
  const tearDown = createTearDown(killSignal)
  const failed = new AbortController()
  const stop = AbortSignal.any([signal, failed.signal, ...(killSignal ? [killSignal] : [])])
  const mockUrl = `http://127.0.0.1:${mockPort}`
  const gatewayUrl = `http://127.0.0.1:${ccrPort}`

  const start = async (launch: Omit<ChildOptions, 'log'>, url: string, timeoutMs = readyTimeoutMs): Promise<Child> => {
    stop.throwIfAborted()
    const child = tearDown.own(await startChild({ ...launch, log }), (c) => c.killNow())
    await waitUntilHealthy({ url, child, timeoutMs: options.readyTimeoutMs ?? timeoutMs, signal: stop })
    return child
  }
  const startMock = () => {
    const { execPath, script } = host.cli
    const { chunks, delayMs, mockWorkers = 1 } = options
    const pace = ['--chunks', `${chunks}`, '--delay-ms', `${delayMs}`, '--workers', `${mockWorkers}`]
    const args = [script, 'mock', '--port', `${mockPort}`, ...pace, '--host', '127.0.0.1']
    return start({ name: 'mock', command: execPath, args, env, channel: true }, `${mockUrl}/health`)
  }
  const startUpstream = async () => {
    if (!hopsOf(toxics).includes('gateway-mock')) return { url: mockUrl, hop: undefined }
    const { url, child } = await startHop('gateway-mock', mockUrl, toxics, { ...host, signal: stop })
    return { url, hop: tearDown.own(child, (c) => c.killNow()) }
  }
  const makeFolder = async () =>
    tearDown.own(await createRunFolder(options.temporary ?? tmpdir()), (f) => f.removeNow()).path
  const startGateway = async () => {
    if (!launchOf) return undefined
    const { url, hop } = await startUpstream()
    const { identity, healthUrl, readyTimeoutMs, activeStreams, ...launch } = await launchOf(url, makeFolder)
    const child = await start(launch, healthUrl, readyTimeoutMs)
    return { child, identity, hop, healthUrl, activeStreams }
  }

  // Side by side, as each takes most of its time to load; the first to fail stops the other.
  const giveUp = (error: unknown) => {
    failed.abort(error)
    throw error
  }
  const [mock, gateway] = await Promise.allSettled([startMock().catch(giveUp), startGateway().catch(giveUp)])
  if (mock.status === 'rejected' || gateway.status === 'rejected') {
    await tearDown[Symbol.asyncDispose]()
    throw stop.reason
  }
  const { child, hop, identity = noGateway(mockUrl), healthUrl, activeStreams } = gateway.value ?? {}
  log.debug({ mockUrl, gatewayUrl, gateway: identity }, 'topology is healthy')
  const died = Promise.race([mock.value, child, hop].flatMap((one) => (one ? [one.died] : [])))
  const healthUrls = [`${mockUrl}/health`, ...(healthUrl === undefined ? [] : [healthUrl])]
  return {
    gatewayUrl: child ? gatewayUrl : mockUrl,
    mockUrl,
    gateway: identity,
    ...known({ activeStreams }),
    ...toldToxics(toxics, ['gateway-mock']),
    ...(child && { gatewayProcess: { pid: child.pid, inContainer: false } }),
    async death() {
      const faults = await Promise.all(healthUrls.map((url) => healthFault(url)))
      // Who does not answer may be dead, and then its end is about to be told.
      const told = faults.every((fault) => fault === undefined) ? undefined : delay(toldWithinMs, undefined)
      return Promise.race([died, told])
    },
    [Symbol.asyncDispose]: tearDown[Symbol.asyncDispose],
  }
}
