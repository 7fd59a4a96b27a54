import type { Flight } from '../model/flight.ts'
import type { StreamRecord } from '../model/record.ts'
import type { TimeLine } from './time-line.ts'

/** Number of timelines to keep: of the first failed streams, and of the slowest complete streams. */
const kept = { failed: 100, worst: 10 } as const

/** Keeps the timelines of failed and slow streams, and drops all others as soon as they end. */
export class FlightRecorder {
  readonly #failed: Flight[] = []
  readonly #worst: Flight[] = []

  /** Adds a stream that has ended. */
  add(record: StreamRecord, line: TimeLine): void {
    const { stream, outcome, clientFault } = record
    if (outcome.state === 'failed') {
      if (this.#failed.length < kept.failed) this.#failed.push(flightOf(stream, 'failed', record, line))
      return
    }
    // A faulty client causes its own delays.
    if (outcome.state !== 'whole' || clientFault !== undefined) return
    const least = this.#worst.at(-1)
    if (least && this.#worst.length === kept.worst && longestWaitNs(record) <= least.longestWaitNs) return
    insert(this.#worst, flightOf(stream, 'worst', record, line))
  }

  /** The kept timelines: failed streams first, then the worst, slowest first. */
  flights(): readonly Flight[] {
    return [...this.#failed, ...this.#worst]
  }
}

/** Merges the flights of concurrent workers into those that a single recorder would have kept. */
export function mergeFlights(lists: readonly (readonly Flight[])[]): readonly Flight[] {
  const failed = lists.flat().filter(({ why }) => why === 'failed')
  const worst: Flight[] = []
  for (const flight of lists.flat()) if (flight.why === 'worst') insert(worst, flight)
  return [...failed.sort((a, b) => a.endedNs - b.endedNs).slice(0, kept.failed), ...worst]
}

/** Removes the stamps, which are meaningless if the mock's clock is unknown. */
export function withoutStamps(flights: readonly Flight[]): readonly Flight[] {
  return flights.map((flight) => ({
    ...flight,
    deltas: flight.deltas.map(([, arrivedUs]) => [null, arrivedUs] as const),
  }))
}

function insert(worst: Flight[], flight: Flight): void {
  const at = worst.findIndex(({ longestWaitNs }) => longestWaitNs < flight.longestWaitNs)
  worst.splice(at < 0 ? worst.length : at, 0, flight)
  if (worst.length > kept.worst) worst.length = kept.worst
}

function flightOf(stream: number, why: Flight['why'], record: StreamRecord, line: TimeLine): Flight {
  const { startedNs, endedNs } = record
  return {
    stream,
    why,
    longestWaitNs: longestWaitNs(record),
    startedNs,
    endedNs,
    stride: line.stride,
    deltas: line.toJSON(),
  }
}

/** The longest time the client waited for a delta. */
function longestWaitNs({ requestSentNs, firstDeltaNs, largestGapNs = 0 }: StreamRecord): number {
  const firstNs = requestSentNs === undefined || firstDeltaNs === undefined ? 0 : firstDeltaNs - requestSentNs
  return Math.max(firstNs, largestGapNs)
}
