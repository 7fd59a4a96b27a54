import { z } from 'zod'
import { failureKinds, phases, type StreamRecord } from '../model/record.ts'
import type { Flight } from '../model/run.ts'

const count = z.int().nonnegative()
const instant = z.number()
const reached = instant.optional()
const phase = z.enum(phases)

/** One line of streams.ndjson: a `StreamRecord`, and nothing beside it. */
export const recordSchema = z.strictObject({
  stream: count,
  intendedNs: instant,
  startedNs: instant,
  connectedNs: reached,
  requestSentNs: reached,
  headersNs: reached,
  firstByteNs: reached,
  firstEventNs: reached,
  firstDeltaNs: reached,
  lastDeltaNs: reached,
  lastByteNs: reached,
  endedNs: instant,
  status: count.optional(),
  bytes: count,
  chunks: count,
  events: count,
  deltas: count,
  largestGapNs: z.number().nonnegative().optional(),
  largestGapEndNs: reached,
  findings: z
    .array(
      z.strictObject({
        rule: z.string(),
        severity: z.enum(['error', 'warning']),
        event: count,
        delta: count.optional(),
        expected: z.string(),
        got: z.string(),
      }),
    )
    .optional(),
  rawBase64: z.base64().optional(),
  findingCounts: z.record(z.string(), count).optional(),
  fault: z.string().optional(),
  attempts: count.optional(),
  faulty: count.optional(),
  clientFault: z.string().optional(),
  upstream: z.strictObject({ state: z.enum(['open', 'served', 'left']), endedNs: instant }).optional(),
  outcome: z.discriminatedUnion('state', [
    z.strictObject({ state: z.literal('whole') }),
    z.strictObject({ state: z.literal('failed'), phase, kind: z.enum(failureKinds), detail: z.string() }),
    z.strictObject({ state: z.literal('aborted'), phase }),
  ]),
}) satisfies z.ZodType<StreamRecord>

/** One line of flights.ndjson: a `Flight`. */
export const flightSchema = z.strictObject({
  stream: count,
  why: z.enum(['failed', 'worst']),
  longestWaitNs: z.number().nonnegative(),
  startedNs: instant,
  endedNs: instant,
  stride: count,
  deltas: z.array(z.tuple([z.number().nullable(), z.number()])),
}) satisfies z.ZodType<Flight>
