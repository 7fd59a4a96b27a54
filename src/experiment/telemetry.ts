import { setTimeout as sleep } from 'node:timers/promises'
import { fetchText } from '../base/fetch-text.ts'
import { parseJson } from '../base/json.ts'
import { known } from '../base/known.ts'
import type { GatewayUsage } from '../model/gateway.ts'
import { usageSchema } from '../model/gateway.ts'
import type { MockStats } from '../model/mock-stats.ts'
import { mockStatsSchema, type StreamTruth, streamTruthsSchema } from '../model/mock-stats.ts'
import type { StreamRecord } from '../model/record.ts'

/** The gateway's counters at `/v1/usage`; undefined where it has none. */
export async function readUsage(baseUrl: string): Promise<GatewayUsage | undefined> {
  const text = await fetchText(`${baseUrl}/v1/usage`)
  if (text === undefined || !text.startsWith('{')) return undefined
  const parsed = usageSchema.safeParse(parseJson(text))
  return parsed.success ? known(parsed.data) : undefined
}

/** The gateway's own high-water mark of open streams at `/metrics`; undefined where it has none. */
export async function readHighWaterMark(baseUrl: string): Promise<number | undefined> {
  const found = /^ccr_peak_active_streams(?:\{[^}]*\})? (\d+(?:\.\d+)?)/m.exec(
    (await fetchText(`${baseUrl}/metrics`)) ?? '',
  )
  return found ? Number(found[1]) : undefined
}

/** What the mock says it did; undefined where it does not answer. */
export async function readMockStats(mockUrl: string): Promise<MockStats | undefined> {
  const text = await fetchText(`${mockUrl}/__mock/stats`)
  return text === undefined ? undefined : mockStatsSchema.safeParse(parseJson(text)).data
}

/** What the mock did for each planned stream of a seed, by its number; undefined where it does not answer. */
export async function readTruths(mockUrl: string, seed: number): Promise<ReadonlyMap<number, StreamTruth> | undefined> {
  const text = await fetchText(`${mockUrl}/__mock/streams`)
  const streams = text === undefined ? undefined : streamTruthsSchema.safeParse(parseJson(text)).data
  return streams && new Map(streams.filter((truth) => truth.seed === seed).map((truth) => [truth.stream, truth]))
}

/** How often the mock is asked whether it is idle, in ms. */
const idleEveryMs = 20

/** A record with what the mock did for its stream: no request is a number too, where the mock was asked. */
export function withTruth(record: StreamRecord, truths: ReadonlyMap<number, StreamTruth> | undefined): StreamRecord {
  if (!truths) return record
  const truth = truths.get(record.stream)
  if (!truth) return { ...record, attempts: 0 }
  const { attempts, faulty, state, endedNs } = truth
  return { ...record, attempts, faulty, ...(record.clientFault !== undefined && { upstream: { state, endedNs } }) }
}

/** Waits until no stream is open at the mock, or it does not answer, or `withinMs` are over. */
export async function awaitIdleMock(mockUrl: string, withinMs: number, signal: AbortSignal): Promise<void> {
  const until = performance.now() + withinMs
  while (performance.now() < until && !signal.aborted) {
    const stats = await readMockStats(mockUrl)
    if (stats === undefined || stats.streamsOpen === 0) return
    await sleep(idleEveryMs, undefined, { signal }).catch(onlyAbort)
  }
}

/** Lets the mock count anew once no stream is open there, or when `withinMs` are over; false where it does not answer. */
export async function resetIdleMock(mockUrl: string, withinMs: number, signal: AbortSignal): Promise<boolean> {
  await awaitIdleMock(mockUrl, withinMs, signal)
  return resetMockStats(mockUrl)
}

async function resetMockStats(mockUrl: string): Promise<boolean> {
  return (await fetchText(`${mockUrl}/__mock/stats`, 'DELETE')) !== undefined
}

/** Samples of a gauge while a load runs. */
export interface GaugeSampler {
  /** Stops, and says the highest value seen (undefined without a sample) and the number of samples. */
  readonly stop: () => Promise<{ readonly peak: number | undefined; readonly samples: number }>
}

/** Reads a gateway's gauge of open streams each `everyMs` ms, or as often as it answers. */
export function sampleGauge(read: () => Promise<number | undefined>, everyMs: number): GaugeSampler {
  const stopping = new AbortController()
  let peak: number | undefined
  let samples = 0
  const sampling = (async () => {
    for (let dueMs = performance.now() + everyMs; !stopping.signal.aborted; dueMs += everyMs) {
      const pause = sleep(Math.max(0, dueMs - performance.now()), undefined, { signal: stopping.signal }).catch(
        onlyAbort,
      )
      const active = await read()
      if (active !== undefined) {
        samples++
        peak = Math.max(peak ?? 0, active)
      }
      await pause
    }
  })()
  return {
    stop: async () => {
      stopping.abort()
      await sampling
      return { peak, samples }
    },
  }
}

function onlyAbort(cause: Error): void {
  if (cause.name !== 'AbortError') throw cause
}
