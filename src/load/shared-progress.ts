import type { LoadProgress } from './generator.ts'

/** Counters reserved per worker: a full cache line, because threads that write to the same line slow each other down. */
const countersPerWorker = 16

/** Shared memory in which each worker counts separately and which any thread may read. */
export function createProgressBoard(workers: number): SharedArrayBuffer {
  return new SharedArrayBuffer(workers * countersPerWorker * Uint32Array.BYTES_PER_ELEMENT)
}

/** The progress of one worker. Only that worker may write to it. */
export function workerProgress(board: SharedArrayBuffer, index: number): LoadProgress {
  const counters = countersOf(board, index)
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
    get dropped() {
      return Atomics.load(counters, 5)
    },
    set dropped(count) {
      Atomics.store(counters, 5, count)
    },
    get phase() {
      return Atomics.load(counters, 6)
    },
    set phase(index) {
      Atomics.store(counters, 6, index)
    },
  }
}

/** The sum of all workers' progress, and the latest phase that one of them has begun. */
export function totalProgress(board: SharedArrayBuffer, workers: number): LoadProgress {
  const sum: LoadProgress = { started: 0, done: 0, failed: 0, events: 0, dropped: 0, phase: 0 }
  for (let index = 0; index < workers; index++) {
    const { started, done, failed, events, dropped, phase } = workerProgress(board, index)
    sum.started += started
    sum.done += done
    sum.failed += failed
    sum.events += events
    sum.dropped += dropped
    sum.phase = Math.max(sum.phase, phase)
  }
  return sum
}

/** Counts one heartbeat of a worker. */
export function signOfLife(board: SharedArrayBuffer, index: number): void {
  Atomics.add(countersOf(board, index), 4, 1)
}

/** The heartbeats of a worker so far in this load. */
export function signsOfLife(board: SharedArrayBuffer, index: number): number {
  return Atomics.load(countersOf(board, index), 4)
}

function countersOf(board: SharedArrayBuffer, index: number): Uint32Array<SharedArrayBuffer> {
  return new Uint32Array(board, index * countersPerWorker * Uint32Array.BYTES_PER_ELEMENT, countersPerWorker)
}
