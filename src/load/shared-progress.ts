import type { LoadProgress } from './generator.ts'

/** Counters of one worker, in a cache line of its own: two threads that write to one line slow each other down. */
const countersPerWorker = 16

/** Memory in which each worker counts for itself, and which any thread may read. */
export function newProgressBoard(workers: number): SharedArrayBuffer {
  return new SharedArrayBuffer(workers * countersPerWorker * Uint32Array.BYTES_PER_ELEMENT)
}

/** The progress of one worker, on the board. Only that worker writes to it. */
export function progressOn(board: SharedArrayBuffer, index: number): LoadProgress {
  const counters = new Uint32Array(board, index * countersPerWorker * Uint32Array.BYTES_PER_ELEMENT, countersPerWorker)
  return {
    get started() {
      return Atomics.load(counters, 0)
    },
    set started(count) {
      Atomics.store(counters, 0, count)
    },
    get done() {
      return Atomics.load(counters, 1)
    },
    set done(count) {
      Atomics.store(counters, 1, count)
    },
    get failed() {
      return Atomics.load(counters, 2)
    },
    set failed(count) {
      Atomics.store(counters, 2, count)
    },
    get events() {
      return Atomics.load(counters, 3)
    },
    set events(count) {
      Atomics.store(counters, 3, count)
    },
  }
}

/** The progress of all workers of a board together. */
export function progressOfAll(board: SharedArrayBuffer, workers: number): LoadProgress {
  const sum: LoadProgress = { started: 0, done: 0, failed: 0, events: 0 }
  for (let index = 0; index < workers; index++) {
    const of = progressOn(board, index)
    sum.started += of.started
    sum.done += of.done
    sum.failed += of.failed
    sum.events += of.events
  }
  return sum
}
