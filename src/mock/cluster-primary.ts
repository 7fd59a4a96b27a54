import cluster, { type Worker } from 'node:cluster'
import { EnvironmentError, fromPlainError } from '../base/errors.ts'
import type { Order, Part, Question, Word } from './cluster-message.ts'
import { JointPeak } from './joint-peak.ts'
import { maxFollowed } from './ledger.ts'
import { mergeStats, mergeStreams } from './merge-accounts.ts'

/** A mock that is several processes on one port. Disposing of it ends them. */
export interface MockCluster extends AsyncDisposable {
  readonly url: string
  /** Rejects when one of them has ended by itself: what is left is no whole mock. */
  readonly died: Promise<never>
}

/** How long a process may take to end when it is told to, in ms. */
const graceMs = 1000

type Told = 'stats' | 'streams' | 'reset'

/**
 * Starts this program so many times with the same words (see `serveInCluster`), and waits until all of them listen: the port
 * opens only when each has loaded. Throws an EnvironmentError where they cannot.
 */
export async function startMockCluster(count: number): Promise<MockCluster> {
  // Each connection goes to the next that is free: left to the kernel, the first to wake takes most of a burst.
  cluster.schedulingPolicy = cluster.SCHED_RR
  const died = Promise.withResolvers<never>()
  died.promise.catch(() => undefined)
  const up = Array.from({ length: count }, () => Promise.withResolvers<void>())
  const listens = Array.from({ length: count }, () => Promise.withResolvers<string>())
  const exited = Array.from({ length: count }, () => Promise.withResolvers<void>())
  const collections = new Map<number, { parts: Part[]; readonly whole: (parts: readonly Part[]) => void }>()
  const attempts = new Map<string, number>()
  const peak = new JointPeak(count)
  let isEnding = false
  let nextId = 0

  const workers = exited.map(() => cluster.fork())
  const order = (worker: Worker, what: Order) => {
    if (worker.isConnected()) worker.send(what)
  }
  const collect = (about: Told): Promise<readonly Part[]> => {
    const { promise, resolve } = Promise.withResolvers<readonly Part[]>()
    const id = nextId++
    collections.set(id, { parts: [], whole: resolve })
    for (const worker of workers) order(worker, { do: 'tell', id, about })
    return promise
  }
  const told = (index: number, id: number, part: Part) => {
    peak.take(index, part.changes, part.untilNs)
    const collection = collections.get(id)
    collection?.parts.push(part)
    if (collection?.parts.length !== count) return
    collections.delete(id)
    collection.whole(collection.parts)
  }
  const answer = async (question: Question): Promise<unknown> => {
    switch (question.about) {
      case 'stats': {
        const parts = await collect('stats')
        return mergeStats(
          parts.map(({ stats }) => stats),
          peak.peak,
        )
      }
      case 'streams':
        return mergeStreams((await collect('streams')).map(({ streams }) => streams))
      case 'reset':
        await collect('reset')
        peak.reset()
        attempts.clear()
        return null
      case 'attempts': {
        const id = `${question.seed}.${question.stream}`
        const attempt = (attempts.get(id) ?? 0) + 1
        if (attempt > 1 || attempts.size < maxFollowed) attempts.set(id, attempt)
        return attempt
      }
    }
  }

  for (const [index, worker] of workers.entries()) {
    const name = `worker ${index + 1} of ${count} of the mock`
    worker.on('message', (word: Word) => {
      switch (word.say) {
        case 'up':
          up[index]?.resolve()
          break
        case 'listens':
          listens[index]?.resolve(word.url)
          break
        case 'failed':
          died.reject(fromPlainError(word.error, name))
          break
        case 'told':
          told(index, word.id, word.part)
          break
        case 'ask':
          void answer(word.question).then((what) => order(worker, { do: 'hear', id: word.id, answer: what }))
          break
        case 'crowded':
          void collect('stats')
          break
      }
    })
    worker.on('error', (cause) => died.reject(new EnvironmentError(`${name}: ${cause.message}`, { cause })))
    worker.on('exit', (code, signal) => {
      exited[index]?.resolve()
      const how = signal ? `signal ${signal}` : `exit status ${code}`
      if (!isEnding) died.reject(new EnvironmentError(`${name} ended with ${how}; the mock as a whole ends`))
    })
  }
  const end = async () => {
    isEnding = true
    for (const worker of workers) order(worker, { do: 'end' })
    const lastResort = setTimeout(() => {
      for (const worker of workers) worker.process.kill('SIGKILL')
    }, graceMs)
    await Promise.all(exited.map(({ promise }) => promise))
    clearTimeout(lastResort)
  }
  try {
    await Promise.race([Promise.all(up.map(({ promise }) => promise)), died.promise])
    for (const worker of workers) order(worker, { do: 'listen' })
    const [url = ''] = await Promise.race([Promise.all(listens.map(({ promise }) => promise)), died.promise])
    return { url, died: died.promise, [Symbol.asyncDispose]: end }
  } catch (cause) {
    await end()
    throw cause
  }
}
