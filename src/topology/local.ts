import { tmpdir } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { EnvironmentError } from '../errors.ts'
import { type GatewayLaunch, launchOfCcrRust } from './ccr-rust.ts'
import { findCcrRust, waysToGiveCcrRust } from './ccr-rust-binary.ts'
import { type Child, type Log, startChild } from './child.ts'
import { hopsOf, type OwnCommand, startHop, type Toxics, toldToxics, withFrontHop } from './hop.ts'
import { checkPortsFree } from './ports.ts'
import { healthFault, waitUntilHealthy } from './readiness.ts'
import { createRunFolder } from './run-folder.ts'
import { createTearDown } from './tear-down.ts'
import { noGateway, referenceIdentity, type Topology } from './topology.ts'

/** What to stand up on this machine: mock and gateway as processes on 127.0.0.1. */
export interface LocalTopologyOptions {
  /** `auto`: ccr-rust where one is given or found, else the reference gateway; `direct`: none, straight to the mock. */
  readonly gateway: 'auto' | 'ccr-rust' | 'reference' | 'direct'
  readonly ccrBin?: string
  readonly ccrSource?: string
  readonly mockPort: number
  readonly ccrPort: number
  readonly chunks: number
  readonly delayMs: number
  readonly model: string
  readonly env: NodeJS.ProcessEnv
  readonly cli: OwnCommand
  readonly toxics: Toxics
  readonly log: Log
  readonly onProgress: (text: string) => void
  /** Ends the start-up in order; what was started is gone when the promise rejects. */
  readonly signal: AbortSignal
  /** Kills everything at once and synchronously, in any phase: for a second Ctrl-C. */
  readonly killSignal?: AbortSignal
  /** How long each of the two may take until it is healthy. */
  readonly readyTimeoutMs?: number
  /** Where the run's temporary folder is made; the system's folder for such where absent. */
  readonly temporary?: string
}

const readyTimeoutMs = 15_000
/** How long the end of a child may take to be told, its last output included, in ms. */
const toldWithinMs = 1000

/** Stands the topology up; where that fails or is aborted, what was started is torn down first. */
export async function startLocalTopology(options: LocalTopologyOptions): Promise<Topology> {
  return withFrontHop(await startMockAndGateway(options), options)
}

async function startMockAndGateway(options: LocalTopologyOptions): Promise<Topology> {
  const { mockPort, ccrPort, toxics, env, log, onProgress, signal, killSignal } = options
  signal.throwIfAborted()
  await checkPortsFree([
    { port: mockPort, flag: '--mock-port' },
    { port: ccrPort, flag: '--ccr-port' },
  ])
  const binary = ['reference', 'direct'].includes(options.gateway) ? undefined : await findCcrRust(options)
  if (binary === undefined && options.gateway === 'ccr-rust')
    throw new EnvironmentError(`no ccr-rust found: ${waysToGiveCcrRust}`)

  onProgress('starting the mock and the gateway')
  const tearDown = createTearDown(killSignal)
  const failed = new AbortController()
  const stop = AbortSignal.any([signal, failed.signal, ...(killSignal ? [killSignal] : [])])
  const mockUrl = `http://127.0.0.1:${mockPort}`
  const gatewayUrl = `http://127.0.0.1:${ccrPort}`

  const start = async (launch: Omit<GatewayLaunch, 'identity'>, url: string): Promise<Child> => {
    stop.throwIfAborted()
    const child = tearDown.own(await startChild({ ...launch, log }), (c) => c.killNow())
    const timeoutMs = options.readyTimeoutMs ?? readyTimeoutMs
    await waitUntilHealthy({ url: `${url}/health`, child, timeoutMs, signal: stop })
    return child
  }
  const ownCommand = (name: string, ...args: string[]) => {
    const { execPath, script } = options.cli
    return { name, command: execPath, args: [script, ...args, '--host', '127.0.0.1'], env, channel: true }
  }
  const startMock = () => {
    const pace = ['--chunks', String(options.chunks), '--delay-ms', String(options.delayMs)]
    return start(ownCommand('mock', 'mock', '--port', String(mockPort), ...pace), mockUrl)
  }
  const startUpstream = async () => {
    if (!hopsOf(toxics).includes('gateway-mock')) return { url: mockUrl, hop: undefined }
    const { url, child } = await startHop('gateway-mock', mockUrl, { ...options, signal: stop })
    return { url, hop: tearDown.own(child, (c) => c.killNow()) }
  }
  const startGateway = async () => {
    if (options.gateway === 'direct') return undefined
    const { url, hop } = await startUpstream()
    const launch = binary === undefined ? reference(url) : await ccrRust(binary, url)
    return { child: await start(launch, gatewayUrl), identity: launch.identity, hop }
  }
  const reference = (upstreamUrl: string): GatewayLaunch => ({
    ...ownCommand('reference gateway', 'gateway', '--port', String(ccrPort), '--upstream', `${upstreamUrl}/v1`),
    identity: referenceIdentity(gatewayUrl),
  })
  const ccrRust = async (found: string, upstreamUrl: string) => {
    const folder = tearDown.own(await createRunFolder(options.temporary ?? tmpdir()), (f) => f.removeNow())
    const streamMs = options.chunks * options.delayMs
    const config = { port: ccrPort, mockPort: Number(new URL(upstreamUrl).port), model: options.model, streamMs }
    return launchOfCcrRust({ ...config, binary: found, folder: folder.path, env, log, signal: stop })
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
  const { child, hop, identity = noGateway(mockUrl) } = gateway.value ?? {}
  log.debug({ mockUrl, gatewayUrl, gateway: identity }, 'topology is healthy')
  const died = Promise.race([mock.value, child, hop].flatMap((one) => (one ? [one.died] : [])))
  const urls = [mockUrl, ...(child ? [gatewayUrl] : [])]
  return {
    gatewayUrl: child ? gatewayUrl : mockUrl,
    mockUrl,
    gateway: identity,
    ...toldToxics(toxics, ['gateway-mock']),
    ...(child && { gatewayProcess: { pid: child.pid, inContainer: false } }),
    async death() {
      const faults = await Promise.all(urls.map((url) => healthFault(`${url}/health`)))
      // Who does not answer may be dead, and then its end is about to be told.
      const told = faults.every((fault) => fault === undefined) ? undefined : delay(toldWithinMs, undefined)
      return Promise.race([died, told])
    },
    [Symbol.asyncDispose]: tearDown[Symbol.asyncDispose],
  }
}
