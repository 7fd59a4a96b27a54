import cluster, { type Worker } from 'node:cluster'
import type { Logger } from 'pino'
import { EnvironmentError, fromPlainError } from '../base/errors.ts'
import { watchThread } from '../host/thread.ts'
import { mergedOf } from '../model/histogram.ts'
import type { InstrumentReadings } from '../model/instrument.ts'
import type { MockStats } from '../model/mock-stats.ts'
import type { PrimaryMessage, Question, Report, WorkerMessage } from './cluster-message.ts'
import { JointPeak } from './joint-peak.ts'
import { type FollowedStream, maxFollowed } from './ledger.ts'

/** A mock that runs in several processes on one port. Disposing of it ends them. */
interface MockCluster extends AsyncDisposable {
  readonly url: string
  /** Rejects if a process ends unexpectedly, because the others are not a complete mock. */
  readonly died: Promise<never>
}

/** The counts that are being collected from all processes. */
interface Collection {
  readonly reports: Report[]
  /** The processes that have not reported yet. */
  readonly missing: Set<number>
  readonly timer: NodeJS.Timeout
  readonly resolve: (reports: readonly Report[]) => void
}

/** Time a process has to end before it is killed, in ms. */
const graceMs = 1000

/** Time after which a process that has not reported its counts is named in the log, in ms: less than the run waits for them. */
const reportMs = 1000

/**
 * Starts `count` processes of this program with the same arguments (see `serveInCluster`), and waits until all of them listen.
 * The port opens when all have loaded. Throws an EnvironmentError if they cannot listen.
 */
export async function startMockCluster(count: number, log: Pick<Logger, 'warn'>): Promise<MockCluster> {
  // Round robin: if the kernel distributed the connections, the first process to wake would get most of a burst.
  cluster.schedulingPolicy = cluster.SCHED_RR
  const died = Promise.withResolvers<never>()
  died.promise.catch(() => undefined)
  const up = Array.from({ length: count }, () => Promise.withResolvers<void>())
  const listening = Array.from({ length: count }, () => Promise.withResolvers<string>())
  const exited = Array.from({ length: count }, () => Promise.withResolvers<void>())
  const collections = new Map<number, Collection>()
  const silent = new Set<number>()
  const attempts = new Map<string, number>()
  const peak = new JointPeak(count)
  // It distributes the connections: while it is paused, no connection opens.
  const watch = watchThread('mock primary')
  const nameOf = (index: number) => `mock worker ${index + 1} of ${count}`
  let isEnding = false
  let nextId = 0

  const workers = exited.map(() => cluster.fork())
  const send = (worker: Worker, message: PrimaryMessage) => {
    if (worker.isConnected()) worker.send(message)
  }
  const collect = (about: 'stats' | 'streams' | 'reset'): Promise<readonly Report[]> => {
    const { promise, resolve } = Promise.withResolvers<readonly Report[]>()
    const id = nextId++
    const missing = new Set(workers.keys())
    const timer = setTimeout(() => {
      for (const index of missing) {
        if (silent.has(index)) continue
        silent.add(index)
        log.warn(`${nameOf(index)} does not answer`)
      }
    }, reportMs).unref()
    collections.set(id, { reports: [], missing, timer, resolve })
    for (const worker of workers) send(worker, { type: 'report', id, about })
    return promise
  }
  const receive = (index: number, id: number, report: Report) => {
    peak.add(index, report.changes, report.untilNs)
    silent.delete(index)
    const collection = collections.get(id)
    if (!collection) return
    collection.reports.push(report)
    collection.missing.delete(index)
    if (collection.missing.size > 0) return
    clearTimeout(collection.timer)
    collections.delete(id)
    collection.resolve(collection.reports)
  }
  const answer = async (question: Question): Promise<unknown> => {
    switch (question.about) {
      case 'stats': {
        const reports = await collect('stats')
        return mergeStats(
          reports.map(({ stats }) => stats),
          peak.peak,
          watch.read(),
        )
      }
      case 'streams':
        return mergeStreams((await collect('streams')).map(({ streams }) => streams))
      case 'reset':
        await collect('reset')
        peak.reset()
        watch.restart()
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
    const name = nameOf(index)
    worker.on('message', (message: WorkerMessage) => {
      switch (message.type) {
        case 'up':
          up[index]?.resolve()
          break
        case 'listening':
          listening[index]?.resolve(message.url)
          break
        case 'failed':
          died.reject(fromPlainError(message.error, name))
          break
        case 'report':
          receive(index, message.id, message.report)
          break
        case 'question':
          void answer(message.question).then((value) => send(worker, { type: 'answer', id: message.id, answer: value }))
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
      if (!isEnding) died.reject(new EnvironmentError(`${name} ended with ${how}, so the mock stops`))
    })
  }
  const end = async () => {
    isEnding = true
    watch.stop()
    for (const worker of workers) send(worker, { type: 'end' })
    const killTimer = setTimeout(() => {
      for (const worker of workers) worker.process.kill('SIGKILL')
    }, graceMs)
    await Promise.all(exited.map(({ promise }) => promise))
    clearTimeout(killTimer)
  }
  try {
    await Promise.race([Promise.all(up.map(({ promise }) => promise)), died.promise])
    for (const worker of workers) send(worker, { type: 'listen' })
    const [url = ''] = await Promise.race([Promise.all(listening.map(({ promise }) => promise)), died.promise])
    return { url, died: died.promise, [Symbol.asyncDispose]: end }
  } catch (cause) {
    await end()
    throw cause
  }
}

/** Merges the counts of several processes. The joint peak is not a sum; `primary` is what the primary process measured of itself. */
export function mergeStats(parts: readonly MockStats[], streamsPeak: number, primary?: InstrumentReadings): MockStats {
  const sum = (count: (part: MockStats) => number) => parts.reduce((total, part) => total + count(part), 0)
  const forgotten = sum(({ streamsForgotten = 0 }) => streamsForgotten)
  const workers = parts.flatMap(({ instrument }) => instrument ?? [])
  const instrument = primary ? [...workers, primary] : workers
  return {
    streamsOpen: sum((part) => part.streamsOpen),
    streamsPeak,
    streamsServed: sum((part) => part.streamsServed),
    streamsAborted: sum((part) => part.streamsAborted),
    ...(forgotten > 0 ? { streamsForgotten: forgotten } : {}),
    requests: sum((part) => part.requests),
    deltasSent: sum((part) => part.deltasSent),
    eventsSent: sum((part) => part.eventsSent),
    bytesSent: sum((part) => part.bytesSent),
    pacingError: mergedOf(parts.map(({ pacingError }) => pacingError)).toJSON(),
    workers: parts.length,
    instrument: instrument.length > 0 ? instrument : undefined,
  }
}

/** Merges the streams of several processes: requests for the same stream add up, and its latest state counts. */
export function mergeStreams(parts: readonly (readonly FollowedStream[])[]): readonly FollowedStream[] {
  const all = new Map<string, FollowedStream>()
  for (const stream of parts.flat()) {
    const id = `${stream.seed}.${stream.stream}`
    const known = all.get(id)
    all.set(id, known ? mergeStream(known, stream) : stream)
  }
  return [...all.values()]
}

function mergeStream(a: FollowedStream, b: FollowedStream): FollowedStream {
  return {
    seed: a.seed,
    stream: a.stream,
    attempts: a.attempts + b.attempts,
    faulty: a.faulty + b.faulty,
    state: changedNs(a) >= changedNs(b) ? a.state : b.state,
    attemptedNs: Math.max(a.attemptedNs, b.attemptedNs),
    endedNs: Math.max(a.endedNs, b.endedNs),
  }
}

function changedNs({ state, attemptedNs, endedNs }: FollowedStream): number {
  return state === 'open' ? attemptedNs : endedNs
}
