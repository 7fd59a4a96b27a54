import { EnvironmentError, type Problem } from '../base/errors.ts'
import { type Child, describeDeath, startChild } from '../process/child.ts'
import type { Host } from '../process/host.ts'
import { formatHopToxic, formatToxic, type Hop, type HopToxic } from '../toxic/parse-toxic.ts'
import type { Topology } from './topology.ts'

/** Toxics of a topology, each with the hop at which a proxy of ours has it; `seed` is that of all that is random in them. */
export interface Toxics {
  readonly list: readonly HopToxic[]
  readonly seed: number
}

/** A hop that stands: where it listens, and its process. */
export interface StandingHop {
  readonly url: string
  readonly child: Child
}

const listenTimeoutMs = 15_000

/** No toxics: what a topology has where nothing is said. */
export const noToxics: Toxics = { list: [], seed: 1 }

/** The hops that get a proxy: those with a toxic. */
export function hopsOf({ list }: Toxics): readonly Hop[] {
  return [...new Set(list.map(({ hop }) => hop))]
}

/** The hops whose proxies are containers: one before the gateway is none where the runner is none, as ports are published. */
export function containedHops(toxics: Toxics, runner: 'container' | 'host'): readonly Hop[] {
  return hopsOf(toxics).filter((hop) => hop === 'gateway-mock' || runner === 'container')
}

/** The toxics as flags of `proxy`, of one hop. */
export function toxicWords({ list, seed }: Toxics, hop: Hop): string[] {
  const toxics = list.filter((one) => one.hop === hop).map(({ toxic }) => `--toxic=${formatToxic(toxic)}`)
  return [`--seed=${seed}`, ...toxics]
}

/** The toxics as a run tells them. Absent where there are none. */
export function toldToxics({ list }: Toxics, hops: readonly Hop[]): { toxics?: readonly string[] } {
  const told = list.filter(({ hop }) => hops.includes(hop)).map(formatHopToxic)
  return told.length === 0 ? {} : { toxics: told }
}

/** What is wrong with toxics where no gateway is. */
export function hopProblems(list: readonly HopToxic[], gateway: string): Problem[] {
  if (gateway !== 'direct' || list.length === 0) return []
  const message = 'needs a gateway: a toxic acts on a connection of the gateway (gateway is direct)'
  return [{ where: '--toxic', message }]
}

/** Starts a proxy as a process of its own on a free port of 127.0.0.1; it listens when the promise resolves. */
export async function startHop(
  hop: Hop,
  upstreamUrl: string,
  toxics: Toxics,
  { cli, env, log, signal }: Host,
): Promise<StandingHop> {
  signal.throwIfAborted()
  const listens = Promise.withResolvers<string>()
  const child = await startChild({
    name: `the proxy ${hop}`,
    command: cli.execPath,
    args: [
      cli.script,
      'proxy',
      '--host=127.0.0.1',
      '--port=0',
      `--upstream=${upstreamUrl}`,
      ...toxicWords(toxics, hop),
    ],
    env,
    log,
    channel: true,
    onLine: (line) => {
      const url = /"url":"(http:[^"]+)".*"proxy listens"/.exec(line)?.[1]
      if (url !== undefined) listens.resolve(url)
    },
  })
  const died = child.died.then((death) => {
    throw new EnvironmentError(describeDeath(death))
  })
  const stopped = AbortSignal.any([signal, AbortSignal.timeout(listenTimeoutMs)])
  const giveUp = () =>
    listens.reject(signal.aborted ? signal.reason : new EnvironmentError(`${child.name} did not listen in time`))
  stopped.addEventListener('abort', giveUp, { once: true })
  // An abort while it was spawned has no event any more.
  if (stopped.aborted) giveUp()
  try {
    return { url: await Promise.race([listens.promise, died]), child }
  } catch (cause) {
    await child[Symbol.asyncDispose]()
    throw cause
  } finally {
    stopped.removeEventListener('abort', giveUp)
    // After this its end is told by `Topology.death`.
    died.catch(() => undefined)
  }
}

/**
 * Puts the hop before the gateway of a topology that stands, where there is a toxic for it: only the streams go through it, and
 * what is asked of the gateway itself does not. Where that fails, the topology is torn down.
 */
export async function withFrontHop(topology: Topology, toxics: Toxics, host: Host): Promise<Topology> {
  if (!hopsOf(toxics).includes('runner-gateway')) return topology
  try {
    const { url, child } = await startHop('runner-gateway', topology.loadUrl ?? topology.gatewayUrl, toxics, host)
    host.killSignal?.addEventListener('abort', () => child.killNow(), { once: true })
    const told = toldToxics(toxics, ['runner-gateway']).toxics ?? []
    const died = child.died.then((death) => ({ death }))
    return {
      ...topology,
      loadUrl: url,
      toxics: [...told, ...(topology.toxics ?? [])],
      death: async () => (await Promise.race([died, Promise.resolve(undefined)]))?.death ?? topology.death(),
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
