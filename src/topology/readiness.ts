import { Agent } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import got from 'got'
import { EnvironmentError } from '../errors.ts'
import { type Child, describeDeath, describeLines } from './child.ts'

const firstIntervalMs = 10
const longestIntervalMs = 100
const requestTimeoutMs = 2000

/** What to wait for: 200 at `url`, from a child that is alive. */
export interface Readiness {
  readonly url: string
  readonly child: Pick<Child, 'name' | 'died' | 'lastLines'>
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/** Resolves at the first 200; an EnvironmentError where the child dies or time is up; the signal's reason on abort. */
export async function waitUntilHealthy({ url, child, timeoutMs, signal }: Readiness): Promise<void> {
  const deadline = AbortSignal.timeout(timeoutMs)
  const settled = new AbortController()
  const stopped = AbortSignal.any([signal, deadline, settled.signal])
  const last = { seen: 'no answer yet' }
  const death = child.died.then((died) => {
    throw new EnvironmentError(`${describeDeath(died)}\n(before it was healthy at ${url})`)
  })
  try {
    await Promise.race([pollUntilOk(url, stopped, last), death])
  } catch (error) {
    if (signal.aborted) throw signal.reason
    if (!deadline.aborted || error instanceof EnvironmentError) throw error
    const seconds = Number((timeoutMs / 1000).toFixed(1))
    const state = `${child.name} was not healthy within ${seconds} s at ${url} (${last.seen})`
    throw new EnvironmentError(`${state}${describeLines(child.lastLines())}`, { cause: error })
  } finally {
    settled.abort()
  }
}

async function pollUntilOk(url: string, signal: AbortSignal, last: { seen: string }): Promise<void> {
  // A connection each: one that is kept would stand in the gateway's counts of sockets.
  const agent = { http: new Agent({ keepAlive: false }) }
  for (let intervalMs = firstIntervalMs; ; intervalMs = Math.min(intervalMs * 1.5, longestIntervalMs)) {
    signal.throwIfAborted()
    try {
      const { statusCode } = await got(url, {
        agent,
        signal,
        retry: { limit: 0 },
        followRedirect: false,
        decompress: false,
        throwHttpErrors: false,
        timeout: { request: requestTimeoutMs },
      })
      if (statusCode === 200) return
      last.seen = `HTTP ${statusCode}`
    } catch (error) {
      signal.throwIfAborted()
      last.seen = (error as { code?: string }).code ?? String(error)
    }
    await delay(intervalMs, undefined, { signal })
  }
}
