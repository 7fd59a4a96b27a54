import { z } from 'zod'
import { count, type Immutable } from './schema.ts'

/** A histogram of times as plain data: what `Histogram.toJSON` writes and `Histogram.from` reads. */
export const histogramSchema = z.strictObject({
  unit: z.literal('us'),
  n: count,
  minUs: count,
  maxUs: count,
  buckets: z.array(z.tuple([count, count])).describe('Index and count of each bucket that is not empty.'),
})
/** See `histogramSchema`. */
export type HistogramSnapshot = Immutable<z.infer<typeof histogramSchema>>
