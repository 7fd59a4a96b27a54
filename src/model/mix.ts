import { z } from 'zod'
import { contentChoices } from './content.ts'
import { profileNames } from './profile-name.ts'
import { protocolNames } from './protocol-name.ts'
import { amount, type Immutable } from './schema.ts'

/** The name of a kind of stream: lower-case letters, digits and dashes. */
export const kindNamePattern = /^[a-z0-9][a-z0-9-]{0,39}$/

const mean = amount.describe('Mean of the values.')
const deviation = amount.describe('Standard deviation of the values.')

/** Schema of `Distribution`. */
const distributionSchema = z.discriminatedUnion('distribution', [
  z.strictObject({ distribution: z.literal('constant'), value: amount }),
  z.strictObject({ distribution: z.literal('uniform'), min: amount, max: amount }),
  z.strictObject({ distribution: z.literal('normal'), mean, deviation }),
  z.strictObject({ distribution: z.literal('lognormal'), mean, deviation }),
  z.strictObject({
    distribution: z.literal('values'),
    values: z.array(amount).min(1).describe('Equally likely values, such as measured ones.'),
  }),
])
/** What a number of a stream is drawn from. */
export type Distribution = Immutable<z.infer<typeof distributionSchema>>

/** Schema of `StreamKind`. */
export const streamKindSchema = z.strictObject({
  name: z.string().regex(kindNamePattern).describe('Name of the kind, unique in its mix.'),
  weight: z.number().positive().describe('Share of the streams, relative to the weights of the other kinds.'),
  chunks: distributionSchema.optional().describe('Deltas of each stream; absent: as without a mix.'),
  delayMs: distributionSchema.optional().describe('Time between two deltas, in ms; absent: as without a mix.'),
  deltaBytes: distributionSchema
    .optional()
    .describe('Bytes of the text of each delta; absent: one plain word with its number and time.'),
  promptKb: distributionSchema.optional().describe('Size of the prompt in units of 1024 bytes; absent: a sentence.'),
  content: z.enum(contentChoices).optional().describe('What the answers consist of; absent: as without a mix.'),
  clientFault: z
    .string()
    .optional()
    .describe('Fault of the clients, as --client-fault spells it; absent: as without a mix.'),
  requestProfile: z.enum(profileNames).optional().describe('Client whose requests are sent; absent: as without a mix.'),
  protocol: z.enum(protocolNames).optional().describe('Protocol of the requests; absent: as without a mix.'),
})
/** One kind of stream in a mix, as flat plain data. */
export type StreamKind = Immutable<z.infer<typeof streamKindSchema>>
