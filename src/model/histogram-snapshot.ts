import { z } from 'zod'
import { count, type Immutable } from './schema.ts'

/** Schema of `HistogramSnapshot`. */
export const histogramSchema = z.strictObject({
  unit: z.literal('us'),
  n: count,
  minUs: count,
  maxUs: count,
  buckets: z.array(z.tuple([count, count])).describe('Index and count of each bucket that is not empty.'),
})
/** A histogram of times as plain data: what `Histogram.toJSON` writes and `Histogram.from` reads. */
export type HistogramSnapshot = Immutable<z.infer<typeof histogramSchema>>
