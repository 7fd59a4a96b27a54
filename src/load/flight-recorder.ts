import type { Flight } from '../model/flight.ts'
import type { StreamRecord } from '../model/record.ts'
import type { TimeLine } from './time-line.ts'

/** Streams whose time lines are kept: the first that failed, and the slowest of those that came whole. */
const kept = { failed: 100, worst: 10 } as const

/** Keeps the time lines of the failed streams and of the worst, and lets all others go as soon as they end. */
export class FlightRecorder {
  readonly #failed: Flight[] = []
  readonly #worst: Flight[] = []

  /** A stream has ended. */
  ended(record: StreamRecord, line: TimeLine): void {
    const { stream, outcome, clientFault } = record
    if (outcome.state === 'failed') {
      if (this.#failed.length < kept.failed) this.#failed.push(flightOf(stream, 'failed', record, line))
      return
    }
    // Of a client that leaves or does not read, slowness is its own.
    if (outcome.state !== 'whole' || clientFault !== undefined) return
    const least = this.#worst.at(-1)
    if (least && this.#worst.length === kept.worst && longestWaitNs(record) <= least.longestWaitNs) return
    insert(this.#worst, flightOf(stream, 'worst', record, line))
  }

  /** What was kept: the failed ones, then the worst, the slowest first. */
  flights(): readonly Flight[] {
    return [...this.#failed, ...this.#worst]
  }
}

/** The flights of loads that went side by side, as one recorder would have kept them. */
export function mergeFlights(all: readonly (readonly Flight[])[]): readonly Flight[] {
  const failed = all.flat().filter(({ why }) => why === 'failed')
  const worst: Flight[] = []
  for (const flight of all.flat()) if (flight.why === 'worst') insert(worst, flight)
  return [...failed.sort((a, b) => a.endedNs - b.endedNs).slice(0, kept.failed), ...worst]
}

/** Time lines without the instants of a clock that nobody knows. */
export function withoutStamps(flights: readonly Flight[]): readonly Flight[] {
  return flights.map((flight) => ({ ...flight, deltas: flight.deltas.map(([, cameUs]) => [null, cameUs] as const) }))
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

/** The longest that a stream let its client wait for a delta. */
function longestWaitNs({ requestSentNs, firstDeltaNs, largestGapNs = 0 }: StreamRecord): number {
  const firstNs = requestSentNs === undefined || firstDeltaNs === undefined ? 0 : firstDeltaNs - requestSentNs
  return Math.max(firstNs, largestGapNs)
}
