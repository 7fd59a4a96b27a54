import { z } from 'zod'
import { storedHistogramSchema } from './hdr.ts'
import { pausedPartSchema } from './instrument.ts'
import { count, type Immutable } from './schema.ts'

/** Schema of `BlockTimes`. */
export const blockTimesSchema = z.strictObject({
  interChunk: storedHistogramSchema.describe('Gaps between two deltas of one stream.'),
  transit: storedHistogramSchema.optional().describe('From the emission of each delta by the mock to its arrival.'),
})
/** Inter-chunk latency and transit times of one block of streams (see `blockCount`). */
export type BlockTimes = Immutable<z.infer<typeof blockTimesSchema>>

/** Schema of `DirectBlock`. */
const directBlockSchema = blockTimesSchema.extend({
  connect: storedHistogramSchema.describe("From a stream's start to its connection."),
  headers: storedHistogramSchema.describe('From the request to the response headers.'),
  ttft: storedHistogramSchema.describe("From a stream's start to its first delta."),
})
/** Times of one block of a direct-to-mock load: those of its deltas and of its streams. */
export type DirectBlock = Immutable<z.infer<typeof directBlockSchema>>

/** Schema of `DirectWindow`. */
const directWindowSchema = z.strictObject({
  when: z.enum(['before', 'after']).describe("Before or after the gateway's load."),
  streams: count,
  whole: count.describe('Streams that arrived complete.'),
  fault: z.string().optional().describe('How the first failed stream failed; absent: none failed.'),
  chunks: count.describe('Deltas of each stream; with a mix, their mean.'),
  blocks: z.array(directBlockSchema),
  paused: z
    .array(pausedPartSchema)
    .optional()
    .describe('Pauses of runner and mock during it, each on its own clock; absent: none, or not measured.'),
})
/** One direct-to-mock load, with the same number of streams at the same pace. */
export type DirectWindow = Immutable<z.infer<typeof directWindowSchema>>

/** The same load without the gateway, measured in the same run. */
export const baselineSchema = z.strictObject({
  windows: z.array(directWindowSchema).describe('Loads direct to the mock.'),
  gateway: z.array(blockTimesSchema).describe("Times of the gateway's load, by block."),
})
