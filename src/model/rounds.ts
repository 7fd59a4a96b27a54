import { z } from 'zod'
import { count, type Immutable } from './schema.ts'

/** Schema of `RoundsPlan`. */
export const roundsPlanSchema = z.strictObject({
  gateways: z
    .array(z.string())
    .min(1)
    .describe('Gateways, as --gateway names them, in the sequence of the first round.'),
  rounds: z.int().min(1).describe('Rounds: runs of each gateway that count.'),
  retryInvalid: count.describe('How often an invalid run is repeated.'),
})
/** What a run in rounds does: each round measures every gateway. */
export type RoundsPlan = Immutable<z.infer<typeof roundsPlanSchema>>

/** The place of a run among the runs of all rounds. */
export interface RoundPlace {
  readonly gateway: string
  /** From 1. */
  readonly round: number
  /** From 1; above 1, the attempts before it were invalid. */
  readonly attempt: number
}

/**
 * The sequence of the gateways in a round (from 1). It shifts by one in each round (a b c, c a b, b c a), so that each gateway is measured
 * as early and as late as the others, and a machine that becomes slower affects all of them.
 */
export function sequenceOfRound(gateways: readonly string[], round: number): readonly string[] {
  const shift = (round - 1) % gateways.length
  return gateways.map((_, at) => gateways[(at - shift + gateways.length) % gateways.length] as string)
}
