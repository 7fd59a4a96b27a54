import { isHarmed, type StreamRecord } from '../../model/record.ts'
import { connectNs, durationNs, headersNs, latenessNs, ttfbNs, ttftNs } from '../../model/times.ts'
import { type Sample, sampleOf, sampleOfHistogram } from './sample.ts'
import type { Slice } from './slice.ts'

/** A time of which the report has the distribution. */
export interface TimeMetric {
  readonly name: string
  readonly help: string
  readonly perPhase?: boolean
  /** Whether its percentiles and its maximum are known while the load runs. */
  readonly isLive?: boolean
  readonly read: (slice: Slice) => Sample | undefined
}

type Time = (record: StreamRecord) => number | undefined

/** Times of all streams that reached them. */
function reached(time: Time) {
  return ({ records }: Slice) => sampleOf(records.map(time).filter((ns) => ns !== undefined))
}

/** Times of complete streams. */
function whole(time: Time) {
  return ({ records }: Slice) => {
    const complete = records.filter(({ outcome }) => outcome.state === 'whole')
    return sampleOf(complete.map(time).filter((ns) => ns !== undefined))
  }
}

/** A time of all streams; those that failed before they reached it count as longer than any. */
function censored(time: Time) {
  return ({ records }: Slice) => {
    const times = records.map(time).filter((ns) => ns !== undefined)
    const never = records.filter(
      (record) => record.outcome.state === 'failed' && !isHarmed(record) && time(record) === undefined,
    )
    return sampleOf(times, never.length)
  }
}

/** Every time of which a threshold can name a percentile. */
export const timeMetrics: readonly TimeMetric[] = [
  {
    name: 'ttft',
    help: 'Start to first delta. A stream that failed before counts as longer than any.',
    perPhase: true,
    isLive: true,
    read: censored(ttftNs),
  },
  {
    name: 'ttftWhole',
    help: 'Start to first delta, of complete streams.',
    perPhase: true,
    read: whole(ttftNs),
  },
  {
    name: 'ttfb',
    help: 'Start to first body byte, of complete streams.',
    perPhase: true,
    read: whole(ttfbNs),
  },
  { name: 'connect', help: 'Start to connection.', perPhase: true, read: reached(connectNs) },
  { name: 'headers', help: 'Request to response headers.', perPhase: true, read: reached(headersNs) },
  {
    name: 'duration',
    help: 'Start to end. A stream that failed counts as longer than any.',
    perPhase: true,
    read: censored((record) => (record.outcome.state === 'whole' ? durationNs(record) : undefined)),
  },
  {
    name: 'interChunk',
    help: 'Gaps between two deltas of one stream.',
    perPhase: true,
    read: ({ run, phase }) => {
      const times = phase === undefined ? run.interChunk : run.phaseTimes?.[phase]?.interChunk
      return times && sampleOfHistogram(times)
    },
  },
  {
    name: 'transit',
    help: 'From the emission of each delta by the mock to its arrival.',
    perPhase: true,
    read: ({ run, phase }) => {
      const times = phase === undefined ? run.transit : run.phaseTimes?.[phase]?.transit
      return times && sampleOfHistogram(times)
    },
  },
  {
    name: 'lateness',
    help: "Actual minus intended start: the harness's own delay.",
    perPhase: true,
    read: reached(latenessNs),
  },
]
