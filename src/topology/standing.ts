import { z } from 'zod'
import { EnvironmentError } from '../base/errors.ts'
import { sleep } from '../base/sleep.ts'
import { portOf } from '../base/url.ts'
import { describeStreamLimit } from '../gateways/ccr-rust/ccr-rust.ts'
import { referenceIdentity } from '../gateways/reference.ts'
import type { GatewayProcess } from '../host/meter.ts'
import { readTextFile } from '../host/proc.ts'
import type { GatewayIdentity } from '../model/gateway.ts'
import { addressOf, hostOf } from '../process/address.ts'
import type { Death } from '../process/child.ts'
import type { Host } from '../process/host.ts'
import { findMarkedProcess, type MarkedProcess, mountsOf, readMarkedProcess } from '../process/marked-process.ts'
import { reserveMock } from '../process/ports.ts'
import { healthFault, waitUntilHealthy } from '../process/readiness.ts'
import { redact } from '../process/redact.ts'
import { formatHopToxic, type HopToxic } from '../toxic/parse-toxic.ts'
import type { ProxyControl } from '../toxic/proxy-control.ts'
import { noToxics, type Toxics, withFrontHop } from './hop.ts'
import { mockPart, proxyPart } from './instrument-part.ts'
import { noGateway, type Topology, unknownGateway } from './topology.ts'

/** Options of a topology that was started elsewhere, such as by docker compose. This process only finds and observes it. */
export interface StandingTopologyOptions {
  readonly gateway: 'auto' | 'ccr-rust' | 'reference' | 'direct'
  readonly gatewayUrl: string
  readonly mockUrl: string
  /** Path at which the gateway answers 200 when it is ready; default `/health`. */
  readonly healthPath?: string
  /** The streams go to this URL instead, which leads to the gateway. */
  readonly loadUrl?: string
  /** Toxics that were applied elsewhere (`--wire`). They are reported, not applied. */
  readonly wire?: readonly HopToxic[]
  /** The control URLs of running fault proxies, which are then part of the harness. */
  readonly proxyControls?: readonly ProxyControl[]
  /** Toxics to apply by a proxy in front of the gateway. */
  readonly toxics?: Toxics
  /** Headers of every request to the gateway. */
  readonly headers?: Readonly<Record<string, string>>
  /** How long mock and gateway may each take to become healthy, in ms. */
  readonly readyTimeoutMs?: number
}

const readyTimeoutMs = 30_000

/** Files in a gateway's container: the source of its image, and from its keeper how the gateway ended and its last lines. */
const builtFile = 'etc/ccr-sse-stress/built.json'
const endedFile = 'tmp/ended'
const lastLinesFile = 'tmp/last-lines'

/** Waits until mock and gateway are healthy, and finds the gateway's process if it shares our PID namespace. */
export async function findStandingTopology(options: StandingTopologyOptions, host: Host): Promise<Topology> {
  const { loadUrl, wire = [], toxics = noToxics } = options
  const reserved = await reserveMock(options.mockUrl)
  const topology = await findMockAndGateway(options, host).catch((cause: unknown) => {
    reserved?.close()
    throw cause
  })
  const reported = wire.length === 0 ? undefined : wire.map(formatHopToxic)
  // The program that started mock and gateway also tears them down.
  const dispose = async () => void reserved?.close()
  return withFrontHop({ ...topology, loadUrl, toxics: reported, [Symbol.asyncDispose]: dispose }, toxics, host)
}

async function findMockAndGateway(
  options: StandingTopologyOptions,
  { onProgress, signal }: Host,
): Promise<Omit<Topology, keyof AsyncDisposable>> {
  const { gateway: expected, mockUrl, proxyControls: controls = [] } = options
  const gatewayUrl = expected === 'direct' ? mockUrl : options.gatewayUrl
  onProgress(`waiting for the mock at ${mockUrl} and the gateway at ${gatewayUrl}`)
  const timeoutMs = options.readyTimeoutMs ?? readyTimeoutMs
  // The mock is ours and needs no key.
  const headers = expected === 'direct' ? undefined : options.headers
  const wait = (name: string, url: string, headers?: Readonly<Record<string, string>>) =>
    waitUntilHealthy({ url, child: { name }, timeoutMs, signal, headers })
  const mockHealth = `${mockUrl}/health`
  const gatewayHealth = expected === 'direct' ? mockHealth : `${gatewayUrl}${options.healthPath ?? '/health'}`
  await Promise.all([wait('the mock', mockHealth), wait('the gateway', gatewayHealth, headers)])
  // A name may have several addresses: the load goes to the one that is healthy.
  const isHealthyAt = async (address: string) => (await healthFault(gatewayHealth, { headers, address })) === undefined
  const address = await addressOf(gatewayUrl, isHealthyAt)
  const marked = expected === 'direct' ? undefined : findMarkedProcess(portOf(gatewayUrl))
  const gatewayProcess = marked && visibleProcess(marked)
  const gateway = expected === 'direct' ? noGateway(mockUrl) : identityOf(marked, gatewayUrl)
  if (expected !== 'auto' && expected !== 'direct' && gateway.kind !== expected)
    throw new EnvironmentError(
      `--gateway ${expected}: the gateway at ${gatewayUrl} is not ${expected} (found: ${gateway.name}). Use --gateway auto, or another URL.`,
    )
  return {
    gatewayUrl,
    gatewayAddress: address === hostOf(gatewayUrl) ? undefined : address,
    mockUrl,
    gateway,
    gatewayProcess,
    parts: [mockPart(mockUrl), ...controls.map(({ hop, url }) => proxyPart(hop, url))],
    async death() {
      if (expected === 'direct') return undefined
      if (gatewayProcess && !isRunning(marked)) return await gatewayDeath(gateway, gatewayProcess)
      const fault = await healthFault(gatewayHealth, { headers, address })
      return fault === undefined
        ? undefined
        : { name: gateway.name, how: `no answer at ${gatewayUrl}: ${fault}`, lastLines: [] }
    },
  }
}

const buildSchema = z
  .object({ ref: z.string(), version: z.string(), features: z.string(), profile: z.string() })
  .partial()

function identityOf(marked: MarkedProcess | undefined, gatewayUrl: string): GatewayIdentity {
  if (marked?.mark === 'reference') return referenceIdentity(gatewayUrl)
  if (marked?.mark !== 'ccr-rust') return unknownGateway(gatewayUrl)
  const { ref, version, features, profile } = readBuild(marked.pid)
  const from = [ref || 'an unknown source', features && `features ${features}`, profile && `profile ${profile}`]
  return {
    kind: 'ccr-rust',
    name: `ccr-rust ${version || '(version unknown)'}`,
    version: version || undefined,
    location: gatewayUrl,
    settings: [`built from ${from.filter(Boolean).join(', ')}`, streamLimit(marked.env.get('CCR_MAX_STREAMS'))],
  }
}

/** Describes the stream limit. This program did not start the gateway, so without the variable ccr-rust's default applies. */
function streamLimit(value: string | undefined): string {
  return value ? describeStreamLimit(value) : "ccr-rust's own stream limit (CCR_MAX_STREAMS is not set)"
}

function readBuild(pid: number): z.infer<typeof buildSchema> {
  const text = readTextFile(`/proc/${pid}/root/${builtFile}`)
  return text === undefined ? {} : buildSchema.parse(JSON.parse(text))
}

/** In a container, the gateway's parent is its keeper, which outlives it. */
function visibleProcess({ pid, parentPid }: MarkedProcess): GatewayProcess {
  const mounts = mountsOf(pid)
  const inContainer = mounts !== undefined && mounts !== mountsOf('self')
  const keeperPid = inContainer && mountsOf(parentPid) === mounts ? parentPid : undefined
  return { pid, inContainer, keeperPid }
}

function isRunning({ pid, mark }: MarkedProcess): boolean {
  return readMarkedProcess(pid)?.mark === mark
}

/** Time in which a keeper records how the gateway ended, in ms: it waits for the last lines of the output. */
const recordedWithinMs = 3000

async function gatewayDeath({ name }: GatewayIdentity, { inContainer, keeperPid }: GatewayProcess): Promise<Death> {
  const kept = (file: string) =>
    keeperPid === undefined ? undefined : readTextFile(`/proc/${keeperPid}/root/${file}`)?.trim()
  const until = performance.now() + recordedWithinMs
  while (keeperPid !== undefined && !kept(endedFile) && isProcess(keeperPid) && performance.now() < until)
    await sleep(20)
  const how = kept(endedFile) || (inContainer ? 'its container ended' : 'its process is gone')
  const lastLines = kept(lastLinesFile)?.split('\n').map(redact).filter(Boolean)
  return { name, how, lastLines: lastLines ?? [] }
}

function isProcess(pid: number): boolean {
  return readTextFile(`/proc/${pid}/stat`) !== undefined
}
