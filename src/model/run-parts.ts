import { z } from 'zod'
import type { HistogramSnapshot } from './histogram.ts'
import type { Instrument, InstrumentReadings } from './instrument.ts'
import type { GatewayUsage, MockStats } from './run.ts'

const count = z.int().nonnegative()
const figure = z.number().nonnegative().optional()

/** What `Histogram.toJSON` writes. */
export const histogramSchema = z.object({
  unit: z.literal('us'),
  n: count,
  minUs: count,
  maxUs: count,
  buckets: z.array(z.tuple([count, count])),
}) satisfies z.ZodType<HistogramSnapshot>

/** A gateway's usage. Members that are not named here are kept as they came: scripts of the original read `ccr_usage` whole. */
export const usageSchema = z.looseObject({
  total_requests: figure,
  total_failures: figure,
  total_input_tokens: figure,
  total_output_tokens: figure,
  active_streams: figure,
  active_requests: figure,
}) satisfies z.ZodType<GatewayUsage>

const amount = z.number().nonnegative()
const share = amount.max(1)

/** What a thread of ours measured of itself. */
export const instrumentReadingsSchema = z.object({
  name: z.string(),
  wallMs: amount,
  loopDelay: z.object({ p50Ms: amount, p99Ms: amount, maxMs: amount, totalMs: amount }).optional(),
  loopBusyShare: share,
  gc: z.object({ count, totalMs: amount, longestMs: amount }),
  cpuMs: amount.optional(),
  cpuWaitMs: amount.optional(),
  heapUsedBytes: amount,
  heapLimitBytes: amount,
}) satisfies z.ZodType<InstrumentReadings>

const left = z.object({ left: count, limit: count }).optional()

/** What the harness measured of itself. */
export const instrumentSchema = z.object({
  runner: z.array(instrumentReadingsSchema),
  machine: z.object({
    stealShare: share.optional(),
    listenOverflows: count.optional(),
    descriptors: left,
    ports: left,
  }),
}) satisfies z.ZodType<Instrument>

/** What the mock says it did. */
export const mockStatsSchema = z.object({
  streamsOpen: count,
  streamsPeak: count,
  streamsServed: count,
  streamsAborted: count,
  requests: count,
  deltasSent: count,
  eventsSent: count,
  bytesSent: count,
  pacingError: histogramSchema,
  workers: count.optional(),
  instrument: z.array(instrumentReadingsSchema).optional(),
}) satisfies z.ZodType<MockStats>

/** What the mock says of each planned stream. */
export const streamTruthsSchema = z.array(
  z.object({
    seed: z.number(),
    stream: z.number(),
    attempts: z.number(),
    faulty: z.number(),
    state: z.enum(['open', 'served', 'left']),
    endedNs: z.number(),
  }),
)

/** What the mock says of one planned stream. */
export type StreamTruth = z.infer<typeof streamTruthsSchema>[number]
