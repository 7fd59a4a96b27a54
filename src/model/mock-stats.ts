import { z } from 'zod'
import { storedHistogramSchema } from './hdr.ts'
import { histogramSchema } from './histogram-snapshot.ts'
import { instrumentReadingsSchema, pauseSchema } from './instrument.ts'
import { upstreamEndSchema } from './record.ts'
import { amount, count, type Immutable, instant } from './schema.ts'

/** Schema of `MockStats`. */
const mockStatsSchema = z.strictObject({
  streamsOpen: count,
  streamsPeak: count.describe('Most streams open at once.'),
  streamsServed: count.describe('Streams sent to their end.'),
  streamsAborted: count.describe('Streams that their client closed early.'),
  streamsForgotten: count
    .optional()
    .describe('Streams that were counted but not tracked individually, as there were too many; absent: none.'),
  requests: count,
  deltasSent: count,
  eventsSent: count.describe('SSE events of all streams, as written.'),
  bytesSent: count.describe('Body bytes of all streams, as written.'),
  pacingError: histogramSchema.describe(
    'Time from the due instant to the write of each delta, without those that a slow reader delayed.',
  ),
  workers: count.optional().describe('Processes that serve together; the counts are their sums. Absent: one.'),
  instrument: z
    .array(instrumentReadingsSchema)
    .optional()
    .describe('What each process of the mock measured of itself; absent from an older mock.'),
})
/** What the mock counted, since its start or during a load. */
export type MockStats = Immutable<z.infer<typeof mockStatsSchema>>

const { shape: readings } = instrumentReadingsSchema

/** The mock's answer at /__mock/stats. A newer mock may send more members; they are ignored. */
export const mockStatsAnswerSchema = mockStatsSchema
  .extend({
    pacingError: histogramSchema.strip(),
    instrument: z
      .array(
        instrumentReadingsSchema
          .extend({
            loopDelay: readings.loopDelay.unwrap().strip().optional(),
            gc: readings.gc.strip(),
            pauses: z.array(pauseSchema.strip()).optional(),
          })
          .strip(),
      )
      .optional(),
  })
  .strip()

/** Mock stats as stored in run.json. */
export const storedMockStatsSchema = mockStatsSchema.extend({
  pacingError: storedHistogramSchema.describe(mockStatsSchema.shape.pacingError.description ?? ''),
})

/** Schema of `StreamTruth`. */
export const streamTruthSchema = upstreamEndSchema.extend({
  seed: count,
  stream: count,
  attempts: count.describe('Requests for the stream.'),
  faulty: count.describe('Those of the requests in which a fault was injected.'),
  attemptedNs: instant.describe('Last request.'),
})
/** What happened to one planned stream at the mock: its requests, and how the last of them ended. */
export type StreamTruth = Immutable<z.infer<typeof streamTruthSchema>>

/** The mock's answer at /__mock/streams. A newer mock may send more members; they are ignored. */
export const streamTruthsAnswerSchema = z.array(streamTruthSchema.strip())

/** Schema of `MockClockAnswer`. */
export const mockClockAnswerSchema = z.object({ bootId: z.string(), nowNs: instant })
/** The mock's answer at /__mock/clock. */
export type MockClockAnswer = Immutable<z.infer<typeof mockClockAnswerSchema>>

/** Schema of `MockClock`. */
export const mockClockSchema = z.strictObject({
  isShared: z.boolean().describe('Whether mock and runner share one clock (one kernel).'),
  offsetNs: z.number().describe("The mock's clock minus the runner's, in ns."),
  errorNs: amount.describe('Maximum error of the offset, in ns.'),
})
/** The mock's clock, compared with the runner's. If both have the same boot id, they share one clock. */
export type MockClock = Immutable<z.infer<typeof mockClockSchema>>
