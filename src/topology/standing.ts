import { z } from 'zod'
import { EnvironmentError } from '../base/errors.ts'
import { portOf } from '../base/url.ts'
import { describeStreamLimit } from '../gateways/ccr-rust/ccr-rust.ts'
import { referenceIdentity } from '../gateways/reference.ts'
import type { GatewayProcess } from '../host/meter.ts'
import { readTextFile } from '../host/proc.ts'
import type { GatewayIdentity } from '../model/gateway.ts'
import type { Death } from '../process/child.ts'
import type { Host } from '../process/host.ts'
import { findMarkedProcess, type MarkedProcess, mountsOf, readMarkedProcess } from '../process/marked-process.ts'
import { healthFault, waitUntilHealthy } from '../process/readiness.ts'
import { formatHopToxic, type HopToxic } from '../toxic/parse-toxic.ts'
import { noToxics, type Toxics, withFrontHop } from './hop.ts'
import { noGateway, type Topology } from './topology.ts'

/** A topology that somebody else stood up, docker compose for one: this side only finds it and looks at it. */
export interface StandingTopologyOptions {
  readonly gateway: 'auto' | 'ccr-rust' | 'reference' | 'direct'
  readonly gatewayUrl: string
  readonly mockUrl: string
  /** Where the gateway answers 200 once it is ready: `/health` where not given. */
  readonly healthPath?: string
  /** Streams go to this URL instead, which leads to the gateway. */
  readonly loadUrl?: string
  /** Toxics that somebody else put on the wire, as `--wire` has them; they are reported, not applied. */
  readonly wire?: readonly HopToxic[]
  /** Toxics that a proxy before the gateway applies. */
  readonly toxics?: Toxics
  /** How long each of the two may take until it is healthy. */
  readonly readyTimeoutMs?: number
}

const readyTimeoutMs = 30_000

/** Where an image of ccr-rust says what it was built from, and its keeper how the gateway ended (in its root). */
const builtFile = 'etc/ccr-sse-stress/built.json'
const endedFile = 'tmp/gateway-ended'

/** Waits until mock and gateway are healthy, and finds the gateway's process where it shares our PID namespace. */
export async function findStandingTopology(options: StandingTopologyOptions, host: Host): Promise<Topology> {
  const { loadUrl, wire = [], toxics = noToxics } = options
  const found = await findMockAndGateway(options, host)
  const reported = wire.length === 0 ? undefined : wire.map(formatHopToxic)
  return withFrontHop({ ...found, loadUrl, toxics: reported }, toxics, host)
}

async function findMockAndGateway(options: StandingTopologyOptions, { onProgress, signal }: Host): Promise<Topology> {
  const { gateway: wanted, mockUrl } = options
  const gatewayUrl = wanted === 'direct' ? mockUrl : options.gatewayUrl
  onProgress(`waiting for the mock at ${mockUrl} and the gateway at ${gatewayUrl}`)
  const timeoutMs = options.readyTimeoutMs ?? readyTimeoutMs
  const wait = (name: string, url: string) => waitUntilHealthy({ url, child: { name }, timeoutMs, signal })
  const mockHealth = `${mockUrl}/health`
  const gatewayHealth = wanted === 'direct' ? mockHealth : `${gatewayUrl}${options.healthPath ?? '/health'}`
  await Promise.all([wait('the mock', mockHealth), wait('the gateway', gatewayHealth)])
  const process = wanted === 'direct' ? undefined : findMarkedProcess(portOf(gatewayUrl))
  const gatewayProcess = process && seenFromHere(process)
  const gateway = wanted === 'direct' ? noGateway(mockUrl) : identityOf(process, gatewayUrl)
  if (wanted !== 'auto' && wanted !== 'direct' && gateway.kind !== wanted)
    throw new EnvironmentError(`--gateway ${wanted}: what stands at ${gatewayUrl} is ${gateway.name}`)
  return {
    gatewayUrl,
    mockUrl,
    gateway,
    gatewayProcess,
    async death() {
      const mockFault = await healthFault(mockHealth)
      if (mockFault !== undefined) return { name: 'mock', how: `no answer at ${mockUrl}: ${mockFault}`, lastLines: [] }
      if (gatewayProcess && !isThere(process)) return gatewayDeath(gateway, gatewayProcess)
      const fault = await healthFault(gatewayHealth)
      return fault === undefined
        ? undefined
        : { name: gateway.name, how: `no answer at ${gatewayUrl}: ${fault}`, lastLines: [] }
    },
    // Whoever stood it up tears it down.
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}

const built = z.object({ ref: z.string(), version: z.string(), features: z.string(), profile: z.string() }).partial()

function identityOf(process: MarkedProcess | undefined, gatewayUrl: string): GatewayIdentity {
  if (process?.mark === 'reference') return referenceIdentity(gatewayUrl)
  if (process?.mark !== 'ccr-rust')
    return { kind: 'unknown', name: 'unknown gateway', location: gatewayUrl, settings: [] }
  const { ref, version, features, profile } = readBuilt(process.pid)
  const from = [ref || 'an unknown source', features && `features ${features}`, profile && `profile ${profile}`]
  return {
    kind: 'ccr-rust',
    name: `ccr-rust ${version || '(version unknown)'}`,
    version: version || undefined,
    location: gatewayUrl,
    settings: [`built from ${from.filter(Boolean).join(', ')}`, streamLimit(process.env.get('CCR_MAX_STREAMS'))],
  }
}

/** Nobody here has set it, so that where it is not set, ccr-rust has its own. */
function streamLimit(set: string | undefined): string {
  return set ? describeStreamLimit(set) : "ccr-rust's own stream limit (CCR_MAX_STREAMS is not set)"
}

function readBuilt(pid: number): z.infer<typeof built> {
  const text = readTextFile(`/proc/${pid}/root/${builtFile}`)
  return text === undefined ? {} : built.parse(JSON.parse(text))
}

/** In a container, the gateway's parent there keeps it: it outlives the gateway. */
function seenFromHere({ pid, parentPid }: MarkedProcess): GatewayProcess {
  const mounts = mountsOf(pid)
  const inContainer = mounts !== undefined && mounts !== mountsOf('self')
  const keeperPid = inContainer && mountsOf(parentPid) === mounts ? parentPid : undefined
  return { pid, inContainer, keeperPid }
}

function isThere({ pid, mark }: MarkedProcess): boolean {
  return readMarkedProcess(pid)?.mark === mark
}

function gatewayDeath({ name }: GatewayIdentity, { inContainer, keeperPid }: GatewayProcess): Death {
  const told = keeperPid === undefined ? undefined : readTextFile(`/proc/${keeperPid}/root/${endedFile}`)?.trim()
  return { name, how: told || (inContainer ? 'its container ended' : 'its process is gone'), lastLines: [] }
}
