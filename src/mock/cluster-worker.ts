import type { Worker } from 'node:cluster'
import { nowNs } from '../base/clock.ts'
import { toPlainError } from '../base/errors.ts'
import type { PrimaryMessage, Question, Report, WorkerMessage } from './cluster-message.ts'
import type { Change } from './joint-peak.ts'
import { type FollowedStream, Ledger } from './ledger.ts'
import { type Mock, type MockOptions, startMock } from './mock.ts'
import type { Replica } from './replica.ts'

/** Number of unreported changes after which the primary is asked to collect them. */
const maxChanges = 10_000

/** Serves as one process of a mock until the primary ends it. If the primary dies, Node.js ends this process. */
export async function serveInCluster(
  worker: Worker,
  count: number,
  options: Omit<MockOptions, 'replica'>,
): Promise<void> {
  const index = worker.id - 1
  const send = (message: WorkerMessage) => {
    // An error means that the channel is closed: the primary has ended, or is ending this process.
    if (worker.isConnected()) worker.send(message, () => undefined)
  }
  const over = Promise.withResolvers<void>()
  const pending = new Map<number, (answer: unknown) => void>()
  let changes: Change[] = []
  let ledger = new Ledger()
  let mock: Mock | undefined
  let questions = 0

  // Both ends are the same program, so the answer has the type that `cluster-primary.ts` sends.
  const ask = <T>(question: Question): Promise<T> => {
    const id = questions++
    const { promise, resolve } = Promise.withResolvers<unknown>()
    pending.set(id, resolve)
    send({ type: 'question', id, question })
    return promise as Promise<T>
  }
  const replica: Replica = {
    index,
    count,
    account: {
      stats: () => ask({ about: 'stats' }),
      streams: () => ask<readonly FollowedStream[]>({ about: 'streams' }),
      reset: () => ask({ about: 'reset' }),
    },
    attempts: (seed, stream) => ask({ about: 'attempts', seed, stream }),
    onChange: (change) => {
      changes.push([nowNs(), change])
      if (changes.length === maxChanges) send({ type: 'crowded' })
    },
    useLedger: (own) => {
      ledger = own
    },
  }
  const report = (about: Question['about']): Report => {
    const result = {
      untilNs: nowNs(),
      changes,
      stats: ledger.stats(),
      streams: about === 'streams' ? ledger.streams() : [],
    }
    changes = []
    if (about === 'reset') ledger.reset()
    return result
  }
  const listen = async () => {
    try {
      mock = await startMock({ ...options, replica })
      send({ type: 'listening', url: mock.url })
    } catch (thrown) {
      send({ type: 'failed', error: toPlainError(thrown) })
    }
  }

  worker.on('message', (message: PrimaryMessage) => {
    switch (message.type) {
      case 'listen':
        void listen()
        break
      case 'report':
        send({ type: 'report', id: message.id, report: report(message.about) })
        break
      case 'answer':
        pending.get(message.id)?.(message.answer)
        pending.delete(message.id)
        break
      case 'end':
        over.resolve()
        break
    }
  })
  send({ type: 'up' })
  await over.promise
  await mock?.[Symbol.asyncDispose]()
  worker.disconnect()
}
