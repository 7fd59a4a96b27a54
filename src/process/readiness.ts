import type { LookupOptions, lookup } from 'node:dns'
import { once } from 'node:events'
import { Agent } from 'node:http'
import { connect, isIP } from 'node:net'
import got, { type Response } from 'got'
import { EnvironmentError } from '../base/errors.ts'
import { sleep } from '../base/sleep.ts'
import { type Child, describeDeath, describeLines } from './child.ts'

const firstIntervalMs = 10
const longestIntervalMs = 100
const requestTimeoutMs = 2000

/** Wait for a 200 from `url`, or for a connection if it is a tcp: URL. `child` has only a name if we did not start it. */
interface Readiness {
  readonly url: string
  readonly child: Pick<Child, 'name'> & Partial<Pick<Child, 'died' | 'lastLines'>>
  readonly timeoutMs: number
  readonly signal: AbortSignal
  readonly headers?: Readonly<Record<string, string>>
}

/** Resolves at the first 200. An EnvironmentError if the child dies or time is up; the signal's reason after an abort. */
export async function waitUntilHealthy({ url, child, timeoutMs, signal, headers }: Readiness): Promise<void> {
  const deadline = AbortSignal.timeout(timeoutMs)
  const settled = new AbortController()
  const stopped = AbortSignal.any([signal, deadline, settled.signal])
  const last = { seen: 'no answer yet' }
  const death = child.died?.then((died) => {
    throw new EnvironmentError(`${describeDeath(died)}\n(before it was healthy at ${url})`)
  })
  try {
    await Promise.race([pollUntilOk(url, { signal: stopped, headers }, last), ...(death ? [death] : [])])
  } catch (error) {
    if (signal.aborted) throw signal.reason
    if (!deadline.aborted || error instanceof EnvironmentError) throw error
    const seconds = Number((timeoutMs / 1000).toFixed(1))
    const state = `${child.name} was not healthy within ${seconds} s at ${url} (${last.seen})`
    const lines = child.lastLines ? describeLines(child.lastLines()) : `. ${adviceFor(last.seen)}`
    throw new EnvironmentError(`${state}${lines}`, { cause: error })
  } finally {
    settled.abort()
  }
}

function adviceFor(fault: string): string {
  return fault === 'HTTP 401' || fault === 'HTTP 403'
    ? 'It requires a key: pass it with --api-key-env or --header.'
    : 'Start it, or correct its URL (for a gateway also --health-path).'
}

async function pollUntilOk(
  url: string,
  { signal, headers }: Pick<Readiness, 'signal' | 'headers'>,
  last: { seen: string },
): Promise<void> {
  for (let intervalMs = firstIntervalMs; ; intervalMs = Math.min(intervalMs * 1.5, longestIntervalMs)) {
    signal.throwIfAborted()
    const fault = await healthFault(url, { signal, headers })
    if (fault === undefined) return
    last.seen = fault
    await sleep(intervalMs, signal)
  }
}

/** Checks once. Returns undefined if the answer is 200, otherwise the fault, such as `HTTP 503` or `ECONNREFUSED`. */
export async function healthFault(
  url: string,
  { signal, headers, address }: Partial<Pick<Readiness, 'signal' | 'headers'>> & { readonly address?: string } = {},
): Promise<string | undefined> {
  if (url.startsWith('tcp:')) return connectFault(new URL(url), signal)
  // A new connection each time, because an idle one would appear in the gateway's socket counts.
  const agent = { http: new Agent({ keepAlive: false }) }
  const request = got.stream(url, {
    agent,
    // Always the same address of a host that has several.
    ...(address !== undefined && { dnsLookup: lookupOf(address) }),
    headers,
    signal,
    retry: { limit: 0 },
    followRedirect: false,
    decompress: false,
    throwHttpErrors: false,
    timeout: { response: requestTimeoutMs },
  })
  try {
    // The head is the answer; the body may be of any size and never end.
    const [{ statusCode }] = (await once(request, 'response')) as [Response]
    return statusCode === 200 ? undefined : `HTTP ${statusCode}`
  } catch (error) {
    signal?.throwIfAborted()
    return (error as { code?: string }).code ?? String(error)
  } finally {
    request.destroy()
  }
}

/** A lookup that finds this address only. */
function lookupOf(address: string): typeof lookup {
  const found = { address, family: isIP(address) }
  const find = (_host: string, options: LookupOptions, done: (...results: unknown[]) => void) =>
    options.all ? done(null, [found]) : done(null, address, found.family)
  return find as unknown as typeof lookup
}

async function connectFault({ hostname, port }: URL, signal?: AbortSignal): Promise<string | undefined> {
  const timeout = AbortSignal.timeout(requestTimeoutMs)
  const socket = connect({ host: hostname, port: Number(port) })
  try {
    await once(socket, 'connect', { signal: signal ? AbortSignal.any([signal, timeout]) : timeout })
    return undefined
  } catch (error) {
    signal?.throwIfAborted()
    return timeout.aborted ? 'ETIMEDOUT' : ((error as { code?: string }).code ?? String(error))
  } finally {
    socket.destroy()
  }
}
