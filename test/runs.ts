import type { FailureKind, Phase, StreamRecord } from '../src/record.ts'
import type { MockStats, Run, Scenario } from '../src/run.ts'
import { Histogram } from '../src/stats/histogram.ts'

/** One ms in the ns of a record. */
export const ms = 1_000_000

/** The instant at which the runs made here begin, on their monotonic clock. */
export const beginNs = 5_000_000_000

/** A stream that arrived whole: started on time, connected after 1 ms, first byte after 10, over after 100. */
export function wholeRecord(stream: number, members: Partial<StreamRecord> = {}): StreamRecord {
  const startedNs = members.startedNs ?? beginNs
  return {
    stream,
    intendedNs: startedNs,
    startedNs,
    connectedNs: startedNs + 1 * ms,
    requestSentNs: startedNs + 2 * ms,
    headersNs: startedNs + 9 * ms,
    firstByteNs: startedNs + 10 * ms,
    firstEventNs: startedNs + 10 * ms,
    firstDeltaNs: startedNs + 12 * ms,
    lastDeltaNs: startedNs + 98 * ms,
    lastByteNs: startedNs + 99 * ms,
    endedNs: startedNs + 100 * ms,
    status: 200,
    bytes: 1000,
    chunks: 6,
    events: 9,
    deltas: 5,
    largestGapNs: 25 * ms,
    outcome: { state: 'whole' },
    ...members,
  }
}

/** A stream that failed after its first delta, 50 ms after its start. */
export function failedRecord(
  stream: number,
  kind: FailureKind = 'truncated_fin',
  members: Partial<StreamRecord> & { readonly phase?: Phase; readonly detail?: string } = {},
): StreamRecord {
  const { phase = 'stream', detail = 'the connection was closed after event 3', ...rest } = members
  const { lastDeltaNs: _, ...whole } = wholeRecord(stream, rest)
  return {
    ...whole,
    lastByteNs: whole.startedNs + 20 * ms,
    endedNs: whole.startedNs + 50 * ms,
    bytes: 300,
    chunks: 2,
    events: 3,
    deltas: 1,
    outcome: { state: 'failed', phase, kind, detail },
    ...rest,
  }
}

/** A stream that could not even connect. */
export function unconnectedRecord(stream: number, kind: FailureKind = 'connect_refused'): StreamRecord {
  const outcome = { state: 'failed', phase: 'connect', kind, detail: 'connect ECONNREFUSED 127.0.0.1:3456' } as const
  const none = { bytes: 0, chunks: 0, events: 0, deltas: 0 }
  return { stream, intendedNs: beginNs, startedNs: beginNs, endedNs: beginNs + 3 * ms, ...none, outcome }
}

/** A stream that an interrupt ended. */
export function abortedRecord(stream: number): StreamRecord {
  return { ...failedRecord(stream), outcome: { state: 'aborted', phase: 'stream' } }
}

/** So many records, by their numbers. */
export function records(count: number, record: (stream: number) => StreamRecord = wholeRecord): StreamRecord[] {
  return Array.from({ length: count }, (_, stream) => record(stream))
}

/** A histogram of times in ms, as data. */
export function histogramOfMs(timesMs: readonly number[]) {
  const histogram = new Histogram()
  for (const time of timesMs) histogram.record(time * 1000)
  return histogram.toJSON()
}

/** What a mock says after it has served `streams` streams of 5 deltas. */
export function mockStats(streams: number): MockStats {
  return {
    streamsOpen: 0,
    streamsPeak: streams,
    streamsServed: streams,
    streamsAborted: 0,
    requests: streams,
    deltasSent: streams * 5,
    eventsSent: streams * 9,
    bytesSent: streams * 1000,
    pacingError: histogramOfMs(Array.from({ length: streams * 5 }, (_, index) => index / 100)),
  }
}

/** A run of these records through the reference gateway; `scenario` changes members of its scenario. */
export function runOf(
  streams: readonly StreamRecord[],
  { scenario, ...members }: Partial<Omit<Run, 'scenario'>> & { readonly scenario?: Partial<Scenario> } = {},
): Run {
  return {
    id: '20261124-052454-a1b2c3',
    startedAt: '2026-11-24T05:24:54.000Z',
    startedNs: beginNs,
    harnessVersion: '0.1.0',
    command: 'run',
    scenario: {
      streams: streams.length,
      chunks: 5,
      delayMs: 20,
      rampMs: 0,
      timeoutS: 120,
      model: 'mock,mock-model',
      maxTokens: 4096,
      seed: 7,
      warmUpStreams: 8,
      ...scenario,
    },
    target: { baseUrl: 'http://127.0.0.1:3456', protocol: 'anthropic-messages' },
    gateway: {
      kind: 'reference',
      name: 'embedded reference gateway, not ccr-rust',
      location: 'http://127.0.0.1:3456',
      settings: [],
    },
    records: streams,
    interChunk: histogramOfMs([20, 20, 21, 25]),
    telemetry: { samples: 0 },
    notStarted: 0,
    ...members,
  }
}
