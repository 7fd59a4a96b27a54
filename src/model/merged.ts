import { z } from 'zod'
import { amount, count, type Immutable } from './schema.ts'

/** Schema of `MergedSource`. */
const mergedSourceSchema = z.strictObject({
  id: z.string().describe('Id of the run of this runner.'),
  streams: count.describe('Streams that it started.'),
  clock: z
    .enum(['boot', 'wall'])
    .describe(
      'How its instants were related to those of the first source: one monotonic clock of one boot, or the wall clocks of two machines.',
    ),
  offsetNs: z.number().describe('What was added to its instants, in ns.'),
  errorNs: amount.describe(
    'Error of the offset, in ns, apart from the difference of the wall clocks themselves, which is not known.',
  ),
})
/** One of the runs that a merged run was made from. */
export type MergedSource = Immutable<z.infer<typeof mergedSourceSchema>>

/** Schema of the member `merged` of a run. */
export const mergedSchema = z.array(mergedSourceSchema).min(2)
