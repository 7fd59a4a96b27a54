import { tmpdir } from 'node:os'
import { EnvironmentError } from '../errors.ts'
import type { GatewayIdentity } from '../run.ts'
import { type GatewayLaunch, launchOfCcrRust } from './ccr-rust.ts'
import { findCcrRust, waysToGiveCcrRust } from './ccr-rust-binary.ts'
import { type Child, type Death, type Log, startChild } from './child.ts'
import { checkPortsFree } from './ports.ts'
import { waitUntilHealthy } from './readiness.ts'
import { createRunFolder } from './run-folder.ts'
import { createTearDown } from './tear-down.ts'

/** What to stand up on this machine: mock and gateway as processes on 127.0.0.1. */
export interface LocalTopologyOptions {
  /** `auto`: ccr-rust where one is given or found, else the reference gateway. */
  readonly gateway: 'auto' | 'ccr-rust' | 'reference'
  readonly ccrBin?: string
  readonly ccrSource?: string
  readonly mockPort: number
  readonly ccrPort: number
  readonly chunks: number
  readonly delayMs: number
  readonly model: string
  readonly env: NodeJS.ProcessEnv
  /** How our own commands are started: `execPath script mock --port ...`. */
  readonly cli: { readonly execPath: string; readonly script: string }
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

/** Mock and gateway, both healthy. */
export interface LocalTopology extends AsyncDisposable {
  readonly gatewayUrl: string
  readonly mockUrl: string
  readonly gateway: GatewayIdentity
  /** Resolves when the mock or the gateway ends on its own. */
  readonly died: Promise<Death>
}

const readyTimeoutMs = 15_000

/** Stands the topology up; where that fails or is aborted, what was started is torn down first. */
export async function startLocalTopology(options: LocalTopologyOptions): Promise<LocalTopology> {
  const { mockPort, ccrPort, env, log, onProgress, signal, killSignal } = options
  signal.throwIfAborted()
  await checkPortsFree([
    { port: mockPort, flag: '--mock-port' },
    { port: ccrPort, flag: '--ccr-port' },
  ])
  const binary = options.gateway === 'reference' ? undefined : await findCcrRust(options)
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
  const startGateway = async () => {
    const launch = binary === undefined ? reference() : await ccrRust(binary)
    return { child: await start(launch, gatewayUrl), identity: launch.identity }
  }
  const reference = (): GatewayLaunch => ({
    ...ownCommand('reference gateway', 'gateway', '--port', String(ccrPort), '--upstream', `${mockUrl}/v1`),
    identity: {
      kind: 'reference',
      name: 'embedded reference gateway, not ccr-rust',
      location: gatewayUrl,
      settings: [],
    },
  })
  const ccrRust = async (found: string) => {
    const folder = tearDown.own(await createRunFolder(options.temporary ?? tmpdir()), (f) => f.removeNow())
    const streamMs = options.chunks * options.delayMs
    const config = { port: ccrPort, mockPort, model: options.model, streamMs }
    return launchOfCcrRust({ ...config, binary: found, folder: folder.path, env, signal: stop })
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
  log.debug({ mockUrl, gatewayUrl, gateway: gateway.value.identity }, 'topology is healthy')
  return {
    gatewayUrl,
    mockUrl,
    gateway: gateway.value.identity,
    died: Promise.race([mock.value.died, gateway.value.child.died]),
    [Symbol.asyncDispose]: tearDown[Symbol.asyncDispose],
  }
}
