import { z } from 'zod'
import { EnvironmentError, type Problem } from '../base/errors.ts'
import { parseJson } from '../base/json.ts'
import { type Pause, type PausedPart, pauseSchema } from '../model/instrument.ts'
import { atAddress } from '../process/address.ts'
import { type Child, describeDeath, startChild } from '../process/child.ts'
import { ownEnvironment } from '../process/child-environment.ts'
import type { Host } from '../process/host.ts'
import { formatHopToxic, formatToxic, type Hop, type HopToxic } from '../toxic/parse-toxic.ts'
import { type InstrumentPart, proxyPart } from './instrument-part.ts'
import type { Topology } from './topology.ts'

/** The toxics of a topology, each with its hop; `seed` determines all their random choices. */
export interface Toxics {
  readonly list: readonly HopToxic[]
  readonly seed: number
}

/** A running proxy: its URL, its process, its health check, and its own measurements so far. */
interface StartedHop {
  readonly url: string
  readonly child: Child
  readonly part: InstrumentPart
  readonly readings: () => PausedPart
}

const listenTimeoutMs = 15_000

/** The default: no toxics, and therefore no proxy. */
export const noToxics: Toxics = { list: [], seed: 1 }

/** Whether a hop has toxics and therefore needs a proxy. */
export function hasHop({ list }: Toxics, name: Hop): boolean {
  return list.some(({ hop }) => hop === name)
}

/** The hops whose proxies run in containers. The proxy in front of the gateway does so only if the runner does. */
export function containedHops(toxics: Toxics, runner: 'container' | 'host'): readonly Hop[] {
  const hops: readonly Hop[] = runner === 'container' ? ['runner-gateway', 'gateway-mock'] : ['gateway-mock']
  return hops.filter((hop) => hasHop(toxics, hop))
}

/** The toxics of one hop as flags of the command `proxy`. */
export function proxyFlags({ list, seed }: Toxics, name: Hop): string[] {
  const toxics = list.filter(({ hop }) => hop === name).map(({ toxic }) => `--toxic=${formatToxic(toxic)}`)
  return [`--seed=${seed}`, ...toxics]
}

/** The toxics of these hops in the format in which a run stores them; undefined if there are none. */
export function toxicTexts({ list }: Toxics, hops: readonly Hop[]): readonly string[] | undefined {
  const texts = list.filter(({ hop }) => hops.includes(hop)).map(formatHopToxic)
  return texts.length === 0 ? undefined : texts
}

/** What is wrong with toxics if there is no gateway. */
export function hopProblems(list: readonly HopToxic[], gateway: string): Problem[] {
  if (gateway !== 'direct' || list.length === 0) return []
  const message = 'needs a gateway: a toxic acts on a connection of the gateway (gateway is direct)'
  return [{ where: '--toxic', message }]
}

/** Starts a proxy process on a free port of 127.0.0.1 and waits until it listens. */
export async function startHop(hop: Hop, upstreamUrl: string, toxics: Toxics, host: Host): Promise<StartedHop> {
  const { cli, log, signal } = host
  signal.throwIfAborted()
  const listening = Promise.withResolvers<string>()
  const controlled = Promise.withResolvers<string>()
  const pauses: Pause[] = []
  const child = await startChild({
    name: `the proxy ${hop}`,
    command: cli.execPath,
    args: [
      ...[cli.script, 'proxy', '--host=127.0.0.1', '--port=0', `--upstream=${upstreamUrl}`, '--control-port=0'],
      ...proxyFlags(toxics, hop),
    ],
    env: ownEnvironment(host),
    log,
    channel: true,
    onLine: (line) => {
      const url = line.includes('"proxy listening"') ? urlIn(line) : undefined
      if (url !== undefined) listening.resolve(url)
      const controlUrl = line.includes('"proxy control listening"') ? urlIn(line) : undefined
      if (controlUrl !== undefined) controlled.resolve(controlUrl)
      const pause = line.includes('"proxy paused"') ? pauseIn(line) : undefined
      if (pause) pauses.push(pause)
    },
  })
  const died = child.died.then((death) => {
    throw new EnvironmentError(describeDeath(death))
  })
  const stopped = AbortSignal.any([signal, AbortSignal.timeout(listenTimeoutMs)])
  // Wait for both: a proxy that hangs may listen on only one of its ports.
  const giveUp = () => {
    const late = () => new EnvironmentError(`${child.name} did not start to listen within ${listenTimeoutMs / 1000} s.`)
    for (const port of [listening, controlled]) port.reject(signal.aborted ? signal.reason : late())
  }
  stopped.addEventListener('abort', giveUp, { once: true })
  // If it was aborted while the process was being spawned, no event follows.
  if (stopped.aborted) giveUp()
  try {
    const [url, controlUrl] = await Promise.race([Promise.all([listening.promise, controlled.promise]), died])
    const part = proxyPart(hop, controlUrl, child)
    return { url, child, part, readings: () => ({ name: `proxy ${hop}`, pauses: [...pauses] }) }
  } catch (cause) {
    await child[Symbol.asyncDispose]()
    throw cause
  } finally {
    stopped.removeEventListener('abort', giveUp)
    // From here on, its part reports its end.
    died.catch(() => undefined)
  }
}

const listeningLineSchema = z.object({ url: z.string() })

/** The URL in a log line that reports that a proxy or its control server listens. */
function urlIn(line: string): string | undefined {
  return listeningLineSchema.safeParse(parseJson(line)).data?.url
}

const pauseLineSchema = z.object({ pause: pauseSchema })

/** The pause that a log line of a proxy reports. */
function pauseIn(line: string): Pause | undefined {
  return pauseLineSchema.safeParse(parseJson(line)).data?.pause
}

/**
 * Puts a proxy in front of the gateway of a started topology if that hop has toxics. Only the streams go through it, not queries
 * of the gateway itself. If the start fails, the topology is torn down.
 */
export async function withFrontHop(topology: Topology, toxics: Toxics, host: Host): Promise<Topology> {
  if (!hasHop(toxics, 'runner-gateway')) return topology
  try {
    const { loadUrl, gatewayUrl, gatewayAddress } = topology
    // The proxy would choose among the addresses of the name itself.
    const upstreamUrl = loadUrl ?? (gatewayAddress === undefined ? gatewayUrl : atAddress(gatewayUrl, gatewayAddress))
    const { url, child, part, readings } = await startHop('runner-gateway', upstreamUrl, toxics, host)
    host.killSignal?.addEventListener('abort', () => child.killNow(), { once: true })
    return {
      ...topology,
      loadUrl: url,
      toxics: [...(toxicTexts(toxics, ['runner-gateway']) ?? []), ...(topology.toxics ?? [])],
      proxies: () => [readings(), ...(topology.proxies?.() ?? [])],
      parts: [...topology.parts, part],
      unref() {
        child.unref()
        topology.unref?.()
      },
      async [Symbol.asyncDispose]() {
        try {
          await child[Symbol.asyncDispose]()
        } finally {
          await topology[Symbol.asyncDispose]()
        }
      },
    }
  } catch (cause) {
    await topology[Symbol.asyncDispose]()
    throw cause
  }
}
