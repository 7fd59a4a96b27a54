import type { Remains } from '../model/drain.ts'
import type { Run } from '../model/run.ts'
import { peakConcurrency } from './peak.ts'

/** What is looked at after a load, in the order in which it is told. */
export const remainNames = [
  'activeStreams',
  'mockStreams',
  'descriptors',
  'closeWaitSockets',
  'upstreamSockets',
  'memoryBytes',
] as const satisfies readonly (keyof Remains)[]

/** Descriptors that a runtime opens for itself when it is first under load (event loops, its log, a resolver). */
const ownDescriptors = 8

/** What a runtime keeps of the memory that a load took: so much at any load, and so much for each stream open at once. */
const keptMemory = { bytes: 64 * 2 ** 20, bytesPerStream: 256 * 2 ** 10 } as const

/**
 * How many streams a gateway had open at once: by its clients, or by the mock, as it may not have noticed that a client left.
 * The mock alone would say too few: a burst of short streams opens more connections than are ever served together.
 */
export function peakOfGateway({ records, mock }: Pick<Run, 'records' | 'mock'>): number {
  return Math.max(peakConcurrency(records), mock?.streamsPeak ?? 0)
}

/**
 * The most that may be there once a load has gone; undefined where nothing was seen before it. `peak` is how many streams the
 * gateway had open at once: a pool keeps as many connections to the mock, and twice as many where it opens one while it waits
 * for another. Those are no leak, and neither are they descriptors that leak.
 */
export function mostAfter(name: keyof Remains, before: Remains, now: Remains, peak: number): number | undefined {
  const had = before[name]
  if (had === undefined) return undefined
  switch (name) {
    case 'activeStreams':
    case 'mockStreams':
    case 'closeWaitSockets':
      return had
    case 'upstreamSockets':
      return Math.max(had, 2 * peak + ownDescriptors)
    case 'descriptors':
      return had - (before.upstreamSockets ?? 0) + (now.upstreamSockets ?? 0) + ownDescriptors
    case 'memoryBytes':
      return had + keptMemory.bytes + keptMemory.bytesPerStream * peak
  }
}

/** Whether it is as before the load, as far as it was seen both times. */
export function isBack(name: keyof Remains, before: Remains, now: Remains, peak: number): boolean {
  const most = mostAfter(name, before, now, peak)
  const is = now[name]
  return most === undefined || is === undefined || is <= most
}
