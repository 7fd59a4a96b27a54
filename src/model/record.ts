import { z } from 'zod'
import { failureKinds, phases } from './failure.ts'
import { count, type Immutable, instant } from './schema.ts'

const phase = z.enum(phases).describe('How far the stream had come.')

/** Schema of `Outcome`. */
const outcomeSchema = z.discriminatedUnion('state', [
  z.strictObject({ state: z.literal('whole') }),
  z.strictObject({ state: z.literal('failed'), phase, kind: z.enum(failureKinds), detail: z.string() }),
  z.strictObject({ state: z.literal('aborted'), phase }),
])
/** How a stream ended. `aborted` means that we ended it (an interrupt or a client fault), which is not a failure. */
export type Outcome = Immutable<z.infer<typeof outcomeSchema>>

/** A failure in a sentence. */
export function describeFailure({ kind, phase, detail }: Extract<Outcome, { state: 'failed' }>): string {
  return `${kind} (phase ${phase}): ${detail}`
}

/** Schema of `StreamFinding`. */
export const streamFindingSchema = z.strictObject({
  rule: z.string().describe('Id of the rule, such as A3 or I5.'),
  severity: z.enum(['error', 'warning']),
  event: count.describe('Number of the event with the finding, from 1.'),
  delta: count.optional().describe('Index of the planned delta that it concerns, from 0.'),
  expected: z.string(),
  got: z.string(),
})
/** A rule that a stream broke (`error`) or nearly broke (`warning`), and where. */
export type StreamFinding = Immutable<z.infer<typeof streamFindingSchema>>

/** How the mock's last answer to a stream ended, and when. */
export const upstreamEndSchema = z.strictObject({
  state: z.enum(['open', 'served', 'left']).describe('Still open, sent to its end, or closed early by its client.'),
  endedNs: instant,
})

const reached = instant.optional()

/** Schema of `StreamRecord`. */
export const recordSchema = z.strictObject({
  stream: count.describe('Number of the stream.'),
  phase: count.optional().describe('Index of the phase of the load in which it started; absent: 0.'),
  intendedNs: instant.describe('When the schedule had it start.'),
  startedNs: instant.describe('When it started.'),
  turn: count.optional().describe('Number of the turn in its session, from 0; absent: 0.'),
  openLoop: z
    .literal(true)
    .optional()
    .describe('Started by the clock, so that its times count from the intended start; absent: from its start.'),
  connectedNs: reached,
  requestSentNs: reached,
  headersNs: reached,
  firstByteNs: reached,
  firstEventNs: reached,
  firstDeltaNs: reached,
  lastDeltaNs: reached,
  lastByteNs: reached,
  endedNs: instant,
  status: count.optional().describe('HTTP status.'),
  bytes: count.describe('Body bytes.'),
  chunks: count.describe('Reads that carried body bytes.'),
  events: count.describe('SSE events.'),
  deltas: count.describe('Events with generated content.'),
  largestGapNs: z.number().nonnegative().optional().describe('Largest gap between two deltas, in ns.'),
  largestGapEndNs: reached.describe('Arrival of the delta that ended the largest gap.'),
  findings: z
    .array(streamFindingSchema)
    .optional()
    .describe('The first findings of each rule; absent if there are none.'),
  rawBase64: z
    .base64()
    .optional()
    .describe('The last bytes (at most 1 KiB, HTTP framing included) of the read in which the stream failed.'),
  findingCounts: z.record(z.string(), count).optional().describe('Number of findings by rule.'),
  fault: z.string().optional().describe('Fault that the mock was to inject, with its position; absent: none.'),
  attempts: count
    .optional()
    .describe('Requests for this stream that reached the mock; absent if the mock was not queried.'),
  faulty: count
    .optional()
    .describe(
      'Those of the attempts in which the mock injected the fault (0 if the upstream protocol does not have it).',
    ),
  clientFault: z.string().optional().describe('Fault of the client, with its position; absent: none.'),
  upstream: upstreamEndSchema
    .optional()
    .describe("How the mock's last answer to this stream ended, and when; absent if the mock was not queried."),
  outcome: outcomeSchema,
})
/**
 * One stream, as flat plain data; one line of streams.ndjson. Instants are ns on the run's monotonic clock; an instant that was
 * not reached is absent.
 */
export type StreamRecord = Immutable<z.infer<typeof recordSchema>>

/**
 * Whether the mock injected a fault into a stream. If the mock was not queried or saw no request, a stream counts as faulty once
 * its request was sent.
 */
export function isHarmed({ fault, requestSentNs, attempts = 1, faulty = attempts }: StreamRecord): boolean {
  return fault !== undefined && requestSentNs !== undefined && (faulty > 0 || attempts === 0)
}
