import { z } from 'zod'
import { amount, count, type Immutable, instant } from './schema.ts'

/** Schema of `Flight`. */
export const flightSchema = z
  .strictObject({
    stream: count.describe('Number of the stream.'),
    why: z.enum(['failed', 'worst']).describe('Why its timeline was kept.'),
    longestWaitNs: amount.describe('Longest time without a delta, in ns.'),
    startedNs: instant,
    endedNs: instant,
    stride: z.int().min(1).describe('One of this many deltas is listed.'),
    deltas: z
      .array(z.tuple([z.number().nullable(), z.number()]))
      .describe(
        'Of each listed delta, when the mock sent it (by its stamp; null if the stamp did not arrive intact) and when it arrived, in us since the start.',
      ),
  })
  .meta({ id: 'flight', description: 'Timeline of a failed stream or of one of the slowest complete ones.' })
/** Timeline of one stream, kept for failed streams and for the slowest complete ones; one line of flights.ndjson. */
export type Flight = Immutable<z.infer<typeof flightSchema>>
