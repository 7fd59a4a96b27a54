import type { MessagePort } from 'node:worker_threads'
import { nowNs } from '../base/clock.ts'
import { toPlainError } from '../base/errors.ts'
import { watchThread } from '../host/thread.ts'
import { generateLoad } from './generator.ts'
import type { Order, Word } from './load-message.ts'
import { partOf } from './load-parts.ts'
import { progressOn } from './shared-progress.ts'

/** Does one load after another for the thread at the other end of the port, whose messages begin and abort each. */
export function loadByOrder(port: MessagePort): void {
  const say = (word: Word) => port.postMessage(word)
  let abort = new AbortController()
  let begun = Promise.withResolvers<number>()

  const load = async ({ options, index, of, board }: Extract<Order, { do: 'load' }>): Promise<void> => {
    abort = new AbortController()
    begun = Promise.withResolvers()
    const begin = () => {
      say({ say: 'set' })
      return begun.promise
    }
    const watch = watchThread(`runner ${index + 1} of ${of}`)
    try {
      const progress = progressOn(board, index)
      const loaded = await generateLoad({ ...options, shard: { index, of, begin }, signal: abort.signal, progress })
      say({ say: 'done', part: partOf(loaded, watch.read()) })
    } catch (thrown) {
      say({ say: 'failed', error: toPlainError(thrown) })
    } finally {
      watch.stop()
    }
  }

  port.on('message', (order: Order) => {
    switch (order.do) {
      case 'load':
        void load(order)
        break
      case 'begin':
        begun.resolve(order.beginNs)
        break
      case 'abort':
        abort.abort()
        // Where it has not begun, it has nothing to wait for any more.
        begun.resolve(nowNs())
        break
    }
  })
  say({ say: 'up' })
}
