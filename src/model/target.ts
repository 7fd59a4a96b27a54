import { z } from 'zod'
import { protocolNames } from './protocol-name.ts'
import type { Immutable } from './schema.ts'

/** Schema of `Target`. */
export const targetSchema = z.strictObject({
  baseUrl: z.string().describe('Base URL, without a trailing slash.'),
  address: z.string().optional().describe('Address that the streams connect to, if the URL has a name.'),
  protocol: z.enum(protocolNames).describe('Wire protocol of the requests.'),
})
/** What a load aims at. */
export type Target = Immutable<z.infer<typeof targetSchema>>
