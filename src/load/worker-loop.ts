import type { MessagePort } from 'node:worker_threads'
import { nowNs } from '../base/clock.ts'
import { toPlainError } from '../base/errors.ts'
import { watchThread } from '../host/thread.ts'
import { generateLoad } from './generator.ts'
import { loadPart } from './load-result.ts'
import type { RecordSpool } from './record-sink.ts'
import { signOfLife, workerProgress } from './shared-progress.ts'
import type { WorkerCommand, WorkerEvent } from './worker-message.ts'

/** Interval between two heartbeats, in ms. */
const signEveryMs = 250

/** Runs one load after another, as commanded through the port. */
export function runWorker(port: MessagePort): void {
  const send = (message: WorkerEvent) => port.postMessage(message)
  let abort = new AbortController()
  let begun = Promise.withResolvers<number>()

  const load = async (message: Extract<WorkerCommand, { command: 'load' }>): Promise<void> => {
    const { options, keep, index, count, board } = message
    abort = new AbortController()
    const begin = () => {
      // A load that was aborted does not wait for the others.
      if (abort.signal.aborted) return Promise.resolve(nowNs())
      begun = Promise.withResolvers()
      send({ event: 'ready' })
      return begun.promise
    }
    const watch = watchThread(`runner ${index + 1} of ${count}`)
    const living = setInterval(() => signOfLife(board, index), signEveryMs)
    try {
      const progress = workerProgress(board, index)
      const shard = { index, count, begin }
      const spool = keep === undefined ? undefined : spoolTo(port, keep)
      const loaded = await generateLoad({ ...options, spool, shard, signal: abort.signal, progress })
      send({ event: 'done', part: loadPart(loaded, watch.read()) })
    } catch (thrown) {
      send({ event: 'failed', error: toPlainError(thrown) })
    } finally {
      clearInterval(living)
      watch.stop()
    }
  }

  port.on('message', (message: WorkerCommand) => {
    switch (message.command) {
      case 'load':
        void load(message)
        break
      case 'begin':
        begun.resolve(message.beginNs)
        break
      case 'abort':
        abort.abort()
        // A load that has not begun must not wait any longer.
        begun.resolve(nowNs())
        break
    }
  })
  send({ event: 'up' })
}

/** A spool of the main thread. The memory of the lines moves there. */
function spoolTo(port: MessagePort, keep: number): RecordSpool {
  return {
    keep,
    write: (lines, count) => port.postMessage({ event: 'lines', lines, count } satisfies WorkerEvent, [lines.buffer]),
    add: (record) => port.postMessage({ event: 'record', record } satisfies WorkerEvent),
  }
}
