import type { Problem } from '../../base/errors.ts'
import { formatQuantity, timeMeasure } from '../../base/quantity.ts'
import { isHarmed, type StreamRecord } from '../../model/record.ts'
import { connectNs, durationNs, headersNs, latenessNs, ttfbNs, ttftNs } from '../../model/times.ts'
import { holds, type Operator, readComparison, unknownName } from './comparison.ts'

/** A limit for each stream, such as `ttft < 500ms`. */
export interface StreamLimit {
  readonly metric: string
  readonly operator: Operator
  /** In ns. */
  readonly limit: number
}

/** One time of a stream that a limit can be set for. */
interface StreamMetric {
  readonly help: string
  /** In ns; undefined if the stream did not reach it. */
  readonly read: (record: StreamRecord) => number | undefined
}

/** Every time of a stream that a limit can be set for. */
export const streamMetrics: Readonly<Record<string, StreamMetric>> = {
  ttft: { help: 'Start to first delta.', read: ttftNs },
  ttfb: { help: 'Start to first body byte.', read: ttfbNs },
  connect: { help: 'Start to connection.', read: connectNs },
  headers: { help: 'Request to response headers.', read: headersNs },
  duration: { help: 'Start to end.', read: durationNs },
  'interChunk.max': {
    help: 'Largest gap between two deltas; 0 if there is only one.',
    read: ({ largestGapNs = 0 }) => largestGapNs,
  },
  lateness: { help: "Actual minus intended start: the harness's own delay.", read: latenessNs },
}

const names = Object.keys(streamMetrics)

/** Parses a limit for each stream, such as `ttft < 500ms`; if it is invalid, adds the problem and returns undefined. */
export function parseStreamLimit(text: string, problems: Problem[]): StreamLimit | undefined {
  const read = readComparison(text, 'METRIC < LIMIT such as "ttft < 500ms"', problems)
  if (!read) return undefined
  const { left: metric, operator } = read
  if (!Object.hasOwn(streamMetrics, metric)) {
    problems.push(unknownName(`must be a limit on ${names.join(', ')}`, metric, names))
    return undefined
  }
  const limit = read.limit(metric, timeMeasure)
  return limit === undefined ? undefined : { metric, operator, limit }
}

/** Formats a limit as `parseStreamLimit` reads it. */
export function formatStreamLimit({ metric, operator, limit }: StreamLimit): string {
  return `${metric} ${operator} ${formatQuantity(limit, timeMeasure)}`
}

/** Streams that were complete and met every limit. */
export interface Goodput {
  readonly limits: readonly string[]
  readonly count: number
  /** Streams that ended by themselves, without those with an injected fault. */
  readonly ended: number
  /** `count` of `ended`; undefined if none ended. */
  readonly share?: number
  /** Streams per second of wall time. */
  readonly perS?: number
}

/** The goodput of these streams. Without limits, it counts the complete streams. */
export function goodputOf(
  records: readonly StreamRecord[],
  limits: readonly string[],
  wallS: number | undefined,
): Goodput {
  const parsed = limits.flatMap((text) => parseStreamLimit(text, []) ?? [])
  // A limit that another version wrote cannot be met.
  const isKnown = parsed.length === limits.length
  let [count, ended] = [0, 0]
  for (const record of records) {
    if (record.outcome.state === 'aborted' || isHarmed(record)) continue
    ended++
    if (isKnown && record.outcome.state === 'whole' && parsed.every((limit) => isMet(limit, record))) count++
  }
  return {
    limits,
    count,
    ended,
    share: ended === 0 ? undefined : count / ended,
    perS: wallS ? count / wallS : undefined,
  }
}

function isMet({ metric, operator, limit }: StreamLimit, record: StreamRecord): boolean {
  const ns = streamMetrics[metric]?.read(record)
  return ns !== undefined && holds(ns, operator, limit)
}
