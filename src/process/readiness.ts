import type { LookupOptions, lookup } from 'node:dns'
import { once } from 'node:events'
import { Agent } from 'node:http'
import { connect, isIP } from 'node:net'
import got, { type Response } from 'got'
import { EnvironmentError } from '../base/errors.ts'
import { sleep } from '../base/sleep.ts'
import { portOf } from '../base/url.ts'
import { describeListener, holderOf } from '../host/sockets.ts'
import { type Child, describeDeath, describeLines } from './child.ts'
import { instanceHeader } from './instance.ts'

const firstIntervalMs = 10
const longestIntervalMs = 100
const requestTimeoutMs = 2000

/** How to check a server: with a 200 from `url`, or a connection if it is a tcp: URL. */
interface HealthQuestion {
  readonly signal: AbortSignal
  readonly headers?: Readonly<Record<string, string>>
  /** The name that we gave the server, if it is our own mock or gateway. Another server's 200 is a fault. */
  readonly instance?: string
  /** Connect to this address of the host. */
  readonly address?: string
}

/** How long to wait, and for which child. If it has a pid, its own sockets must listen on the port; if we did not start it, it has none. */
interface Readiness extends HealthQuestion {
  readonly url: string
  readonly child: Pick<Child, 'name'> & Partial<Pick<Child, 'pid' | 'died' | 'lastLines'>>
  readonly timeoutMs: number
}

/** The fault of a server that does not know the name that we gave to ours. */
const otherServer = 'another server answers'

/**
 * Resolves at the first 200 from this child. An EnvironmentError if the child dies, another process answers on its port, or time is
 * up; the signal's reason after an abort.
 */
export async function waitUntilHealthy(readiness: Readiness): Promise<void> {
  const { url, child, timeoutMs, signal } = readiness
  const deadline = AbortSignal.timeout(timeoutMs)
  const settled = new AbortController()
  const stopped = AbortSignal.any([signal, deadline, settled.signal])
  const last = { seen: 'no answer yet' }
  const death = child.died?.then((died) => {
    throw new EnvironmentError(`${describeDeath(died)}\n(before it was healthy at ${url})`)
  })
  try {
    await Promise.race([pollUntilOk({ ...readiness, signal: stopped }, last), ...(death ? [death] : [])])
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

async function pollUntilOk({ url, child, ...question }: Readiness, last: { seen: string }): Promise<void> {
  const { signal } = question
  for (let intervalMs = firstIntervalMs; ; intervalMs = Math.min(intervalMs * 1.5, longestIntervalMs)) {
    signal.throwIfAborted()
    const fault = await healthFault(url, question)
    if (fault === otherServer || (hasAnswered(fault) && isOthers(url, child.pid)))
      throw new EnvironmentError(`${url} is not answered by ${child.name}, but by ${whoeverListens(url)}.`)
    if (fault === undefined) return
    last.seen = fault
    await sleep(intervalMs, signal)
  }
}

function hasAnswered(fault: string | undefined): boolean {
  return fault === undefined || fault.startsWith('HTTP ')
}

/** Whether a process that we did not start listens there: the port was free before our child was started. */
function isOthers(url: string, pid: number | undefined): boolean {
  return pid !== undefined && holderOf(portOf(url), pid) === 'foreign'
}

function whoeverListens(url: string): string {
  return describeListener(portOf(url)) ?? 'another program'
}

/** Checks once. Returns undefined if the answer is 200, otherwise the fault, such as `HTTP 503` or `ECONNREFUSED`. */
export async function healthFault(
  url: string,
  { signal, headers, instance, address }: Partial<HealthQuestion> = {},
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
    const [response] = (await once(request, 'response')) as [Response]
    if (response.statusCode !== 200) return `HTTP ${response.statusCode}`
    return instance === undefined || response.headers[instanceHeader] === instance ? undefined : otherServer
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
