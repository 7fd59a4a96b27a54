import type { Remains } from '../model/drain.ts'
import type { Run } from '../model/run.ts'
import { peakConcurrency } from './peak.ts'

/** The resources that are checked after a load, in report order. */
export const remainNames = [
  'activeStreams',
  'mockStreams',
  'descriptors',
  'closeWaitSockets',
  'upstreamSockets',
  'memoryBytes',
] as const satisfies readonly (keyof Remains)[]

/** Descriptors that a runtime opens for itself under its first load (event loops, log, resolver). */
const ownDescriptors = 8

/** Memory that a runtime keeps after a load: a fixed amount, and an amount per concurrent stream. */
const keptMemory = { bytes: 64 * 2 ** 20, bytesPerStream: 256 * 2 ** 10 } as const

/**
 * The gateway's peak of open streams: as counted by its clients, or by the mock if that is more, because the gateway may not have
 * noticed that a client left. The mock alone is too low: a burst of short streams opens more connections than it serves together.
 */
export function peakOfGateway({ records, mock }: Pick<Run, 'records' | 'mock'>): number {
  return Math.max(peakConcurrency(records), mock?.streamsPeak ?? 0)
}

/**
 * The maximum that may be left after a load; undefined if nothing was measured before it. `peak` is the gateway's peak of open
 * streams: a pool keeps as many connections to the mock, or twice as many if it opens one while it waits for another. Neither these
 * connections nor their descriptors are a leak.
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

/** Whether a resource is back to its value before the load; true if either value is missing. */
export function isBack(name: keyof Remains, before: Remains, now: Remains, peak: number): boolean {
  const most = mostAfter(name, before, now, peak)
  const is = now[name]
  return most === undefined || is === undefined || is <= most
}
