import type { Worker } from 'node:cluster'
import { nowNs } from '../base/clock.ts'
import { toPlainError } from '../base/errors.ts'
import type { Order, Part, Question, Word } from './cluster-message.ts'
import type { Change } from './joint-peak.ts'
import { type FollowedStream, Ledger } from './ledger.ts'
import { type Mock, type MockOptions, startMock } from './mock.ts'
import type { Replica } from './replica.ts'

/** Changes that are kept until somebody asks; then they are told unasked. */
const maxChanges = 10_000

/**
 * Serves as one of the processes of a mock until its primary says that it is over; where the primary is gone, Node ends this
 * process by itself.
 */
export async function serveInCluster(worker: Worker, of: number, options: Omit<MockOptions, 'replica'>): Promise<void> {
  const index = worker.id - 1
  const say = (word: Word) => {
    // Where the channel closes meanwhile, the primary has ended or is about to end this process: nobody is left to be told.
    if (worker.isConnected()) worker.send(word, () => undefined)
  }
  const over = Promise.withResolvers<void>()
  const asked = new Map<number, (answer: unknown) => void>()
  let changes: Change[] = []
  let ledger = new Ledger()
  let mock: Mock | undefined
  let questions = 0

  // The answer is of the type that the question has in `cluster-primary.ts`: both ends are this program.
  const ask = <T>(question: Question): Promise<T> => {
    const id = questions++
    const { promise, resolve } = Promise.withResolvers<unknown>()
    asked.set(id, resolve)
    say({ say: 'ask', id, question })
    return promise as Promise<T>
  }
  const replica: Replica = {
    index,
    of,
    account: {
      stats: () => ask({ about: 'stats' }),
      streams: () => ask<readonly FollowedStream[]>({ about: 'streams' }),
      reset: () => ask({ about: 'reset' }),
    },
    attempts: (seed, stream) => ask({ about: 'attempts', seed, stream }),
    onChange: (change) => {
      changes.push([nowNs(), change])
      if (changes.length === maxChanges) say({ say: 'crowded' })
    },
    serves: (own) => {
      ledger = own
    },
  }
  const tell = (about: Question['about']): Part => {
    const told = changes
    changes = []
    const part = {
      untilNs: nowNs(),
      changes: told,
      stats: ledger.stats(),
      streams: about === 'streams' ? ledger.streams() : [],
    }
    if (about === 'reset') ledger.reset()
    return part
  }
  const listen = async () => {
    try {
      mock = await startMock({ ...options, replica })
      say({ say: 'listens', url: mock.url })
    } catch (thrown) {
      say({ say: 'failed', error: toPlainError(thrown) })
    }
  }

  worker.on('message', (order: Order) => {
    switch (order.do) {
      case 'listen':
        void listen()
        break
      case 'tell':
        say({ say: 'told', id: order.id, part: tell(order.about) })
        break
      case 'hear':
        asked.get(order.id)?.(order.answer)
        asked.delete(order.id)
        break
      case 'end':
        over.resolve()
        break
    }
  })
  say({ say: 'up' })
  await over.promise
  await mock?.[Symbol.asyncDispose]()
  worker.disconnect()
}
