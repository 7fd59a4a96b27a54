import { nowNs } from '../base/clock.ts'
import { fetchJson, fetchText } from '../base/fetch-text.ts'
import { Samples } from '../base/samples.ts'
import { sleep } from '../base/sleep.ts'
import { metricIn } from '../gateways/active-streams.ts'
import { type GatewayUsage, usageAnswerSchema } from '../model/gateway.ts'
import {
  type MockStats,
  mockStatsAnswerSchema,
  type StreamTruth,
  streamTruthsAnswerSchema,
} from '../model/mock-stats.ts'
import type { StreamRecord } from '../model/record.ts'

/** The gateway's counters at `/v1/usage`; undefined if it has none. */
export async function readUsage(
  baseUrl: string,
  headers?: Readonly<Record<string, string>>,
): Promise<GatewayUsage | undefined> {
  return usageAnswerSchema.safeParse(await fetchJson(`${baseUrl}/v1/usage`, { headers })).data
}

/** The gateway's own high-water mark of open streams at `/metrics`; undefined if it has none. */
export async function readHighWaterMark(
  baseUrl: string,
  headers?: Readonly<Record<string, string>>,
): Promise<number | undefined> {
  const text = await fetchText(`${baseUrl}/metrics`, { headers })
  return text === undefined ? undefined : metricIn(text, 'ccr_peak_active_streams')
}

/** Maximum size of the mock's list of all streams, in bytes: enough for half a million streams. */
const truthsBytes = 64 * 1024 * 1024

/** The mock's counters; undefined if it does not answer. */
export async function readMockStats(mockUrl: string): Promise<MockStats | undefined> {
  return mockStatsAnswerSchema.safeParse(await fetchJson(`${mockUrl}/__mock/stats`)).data
}

/** What the mock did for each planned stream of a seed, by stream number; undefined if it does not answer. */
export async function readTruths(mockUrl: string, seed: number): Promise<Truths> {
  const answer = await fetchJson(`${mockUrl}/__mock/streams`, { limitBytes: truthsBytes })
  const streams = streamTruthsAnswerSchema.safeParse(answer).data
  return streams && new Map(streams.filter((truth) => truth.seed === seed).map((truth) => [truth.stream, truth]))
}

/** What the mock did for each planned stream, by stream number; undefined if it does not answer. */
export type Truths = ReadonlyMap<number, StreamTruth> | undefined

/** Adds to a record what the mock did for its stream. If the list is complete, a stream that is not in it never reached the mock: 0 attempts. */
export function withTruth(record: StreamRecord, truths: Truths, isComplete = true): StreamRecord {
  if (!truths) return record
  const truth = truths.get(record.stream)
  if (!truth) return isComplete ? { ...record, attempts: 0 } : record
  const { attempts, faulty, state, endedNs } = truth
  return { ...record, attempts, faulty, upstream: record.clientFault === undefined ? undefined : { state, endedNs } }
}

/** Interval between two checks whether the mock is idle, in ms. */
const idleEveryMs = 20

/** Waits until no stream is open at the mock, or it does not answer, or `withinMs` have passed. */
export async function awaitIdleMock(mockUrl: string, withinMs: number, signal: AbortSignal): Promise<void> {
  const until = performance.now() + withinMs
  while (performance.now() < until && !signal.aborted) {
    const stats = await readMockStats(mockUrl)
    if (stats === undefined || stats.streamsOpen === 0) return
    await sleep(idleEveryMs, signal)
  }
}

/** Resets the mock's counters once it is idle, or when `withinMs` have passed; false if it does not answer. */
export async function resetIdleMock(mockUrl: string, withinMs: number, signal: AbortSignal): Promise<boolean> {
  await awaitIdleMock(mockUrl, withinMs, signal)
  return (await fetchText(`${mockUrl}/__mock/stats`, { method: 'DELETE' })) !== undefined
}

/** Samples of a gauge during a load. */
export interface GaugeSampler {
  /** Stops, and returns the highest value (undefined without a sample), the number of samples, and the values over time. */
  readonly stop: () => Promise<{
    readonly peak: number | undefined
    readonly samples: number
    readonly values: Samples
  }>
}

/** Reads a gateway's gauge of open streams every `everyMs` ms, or as often as it answers. */
export function sampleGauge(read: () => Promise<number | undefined>, everyMs: number): GaugeSampler {
  const stopping = new AbortController()
  let peak: number | undefined
  let samples = 0
  const values = new Samples()
  const sampling = (async () => {
    for (let dueMs = performance.now() + everyMs; !stopping.signal.aborted; dueMs += everyMs) {
      const pause = sleep(dueMs - performance.now(), stopping.signal)
      const active = await read()
      if (active !== undefined) {
        samples++
        values.add(nowNs(), active)
        peak = Math.max(peak ?? 0, active)
      }
      await pause
    }
  })()
  return {
    stop: async () => {
      stopping.abort()
      await sampling
      return { peak, samples, values }
    },
  }
}
