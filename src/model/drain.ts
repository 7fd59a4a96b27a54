import { z } from 'zod'
import { usageSchema } from './gateway.ts'
import { amount, type Immutable } from './schema.ts'

/** Schema of `Remains`. */
const remainsSchema = z
  .strictObject({
    activeStreams: amount.optional().describe("The gateway's own gauge of open streams."),
    mockStreams: amount.optional().describe('Streams open at the mock.'),
    descriptors: amount.optional().describe("Open descriptors of the gateway's processes, connections included."),
    upstreamSockets: amount
      .optional()
      .describe("The gateway's connections to the mock; those kept for the next stream are not a leak."),
    closeWaitSockets: amount.optional().describe('Sockets in CLOSE_WAIT: the peer has closed, the gateway has not.'),
    memoryBytes: amount.optional().describe("Resident memory of the gateway's processes."),
  })
  .meta({ id: 'remains', description: 'What a load may leave behind; absent members could not be measured.' })
/** One sample of what a load may leave behind. Absent members could not be measured. */
export type Remains = Immutable<z.infer<typeof remainsSchema>>

/** Schema of `Drain`. */
export const drainSchema = z.strictObject({
  limitS: amount.describe('Time limit, in s.'),
  tookMs: amount.describe("Time from the load's end to the last sample, in ms."),
  before: remainsSchema.describe('Sample after the warm-up, before the load.'),
  after: remainsSchema.describe('Last sample.'),
  backMs: remainsSchema.describe(
    "Time from the load's end until each resource had recovered for good, in ms; absent: not recovered, or not measured.",
  ),
  usage: usageSchema.optional().describe("The gateway's /v1/usage at the last sample, with no stream open."),
  probe: z
    .strictObject({ whole: z.boolean(), fault: z.string().optional().describe('How it failed.') })
    .optional()
    .describe(
      'One more stream, not counted: whether it arrived complete; absent if it says nothing about the gateway.',
    ),
  healthFault: z
    .string()
    .optional()
    .describe("The gateway's answer to the health check, if not 200; absent: 200, or the path is not known."),
})
/** The check after the load that all resources return to their pre-load state. */
export type Drain = Immutable<z.infer<typeof drainSchema>>
