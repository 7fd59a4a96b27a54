import { z } from 'zod'
import { amount, count, type Immutable, instant } from './schema.ts'
import { isSecondText } from './second-histogram.ts'

const timesText = z
  .string()
  .regex(/^[A-Za-z0-9+/]*={0,2}$/)
  .refine(isSecondText, { error: 'not the times of a second' })
  .meta({
    id: 'secondTimes',
    description:
      'Times of one second, in us: base64 of LEB128 numbers. First the largest time, then for each bucket that is not empty its distance from the one before (the first from -1) and its count. Buckets below 128 hold one value each; above, each power of two has 64. Empty: no times.',
  })
const column = z.array(count)

/** Schema of `LoadSeries`. */
const loadSeriesSchema = z.strictObject({
  beginNs: instant.describe('Start of second 0.'),
  second: column.describe('Second of the load, from 0.'),
  phase: column.describe('Index of the phase that the streams started in.'),
  starts: column.describe('Streams that started.'),
  dropped: column.describe('Starts that an open loop dropped.'),
  ends: column.describe('Streams that ended, in any way.'),
  failed: column.describe('Those of them that failed.'),
  deltas: column.describe('Deltas that arrived.'),
  lateUs: column.describe('Largest delay of a start by the harness, in us.'),
  ttft: z.array(timesText).describe('Time to first token, in the second in which the first delta arrived.'),
  transit: z
    .array(timesText)
    .optional()
    .describe('Transit times, in the second of the arrival; absent without a common clock.'),
})
/**
 * What the streams of a load did per second and phase, as columns of equal length: one entry per second and phase in
 * which a stream was open or to start, sorted by second and phase.
 */
export type LoadSeries = Immutable<z.infer<typeof loadSeriesSchema>>

const measured = (quantity: z.ZodNumber) => z.array(quantity.nullable()).optional()

/** Schema of `Series`. */
export const seriesSchema = loadSeriesSchema
  .extend({
    gatewayCpuS: measured(amount).describe('CPU time of the gateway in each second, in s; null: not measured.'),
    gatewayMemoryBytes: measured(amount).describe('Most memory of the gateway in each second; null: not measured.'),
    activeStreams: measured(amount).describe(
      "Highest sample of the gateway's gauge of open streams in each second; null: no sample.",
    ),
    runnerMemoryBytes: measured(amount).describe("Resident memory of the runner's process in each second."),
  })
  .refine(({ beginNs: _, gatewayCpuS, gatewayMemoryBytes, activeStreams, runnerMemoryBytes, ...columns }) => {
    const lengths = new Set(Object.values(columns).flatMap((values) => values?.length ?? []))
    const perSecond = [gatewayCpuS, gatewayMemoryBytes, activeStreams, runnerMemoryBytes]
    return lengths.size <= 1 && new Set(perSecond.flatMap((values) => values?.length ?? [])).size <= 1
  }, 'columns of different lengths')
/**
 * Values over time: what the streams did per second and phase, and what gateway and runner used per second (index 0:
 * second 0). Absent members were not measured.
 */
export type Series = Immutable<z.infer<typeof seriesSchema>>
