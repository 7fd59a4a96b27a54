import { z } from 'zod'
import { contentChoices } from './content.ts'
import { streamKindSchema } from './mix.ts'
import { phaseSchema } from './phase.ts'
import { profileNames } from './profile-name.ts'
import type { ProtocolName } from './protocol-name.ts'
import { amount, count, type Immutable } from './schema.ts'

/** Schema of `Scenario`. */
export const scenarioSchema = z.strictObject({
  name: z.string().optional().describe('Name of the scenario file; absent: made from flags or by the library.'),
  streams: count.describe('Streams to start; with phases, the most streams that the plan has open at once.'),
  chunks: count.optional().describe("Deltas of each stream; absent: the mock's default."),
  delayMs: amount.optional().describe("Time between two deltas, in ms; absent: the mock's default."),
  rampMs: amount.describe('Time over which the starts are spread, in ms; not used with phases.'),
  phases: z
    .array(phaseSchema)
    .optional()
    .describe('Phases of the load, in sequence; absent: one burst of all streams over the ramp.'),
  timeoutS: z.number().positive().describe('Maximum time for one stream, in s.'),
  idleS: z.number().positive().describe('Maximum time without a delta, in s; other events do not count.'),
  mix: z
    .array(streamKindSchema)
    .min(1)
    .optional()
    .describe('Kinds of streams, drawn by weight; absent: all streams are of one kind.'),
  turns: count
    .optional()
    .describe('Turns of a session: the streams of a slot of a closed loop continue one conversation; absent: 1.'),
  content: z.enum(contentChoices).describe('What the answers consist of.'),
  faults: z.array(z.string()).optional().describe('Faults of the mock, as --fault spells them; absent: none.'),
  clientFaults: z
    .array(z.string())
    .optional()
    .describe('Faults of the clients, as --client-fault spells them; absent: none.'),
  model: z.string().describe('Model name in the requests.'),
  maxTokens: count.describe('Token limit in the requests.'),
  requestProfile: z.enum(profileNames).optional().describe('Client whose requests the streams send; absent: sdk.'),
  headerNames: z
    .array(z.string())
    .optional()
    .describe('Names of the additional request headers; values are not stored; absent: none.'),
  seed: count.describe('Seed: with the number of a stream, it determines the texts and faults of the stream.'),
  eventMemoryMb: count
    .optional()
    .describe('Maximum memory for unfinished events of all streams, in MB of 2^20 bytes; absent: 512.'),
  firstStream: count.optional().describe('Number of the first stream; absent: 0.'),
  warmUpStreams: count.describe('Streams before the load that are not counted.'),
  thresholds: z
    .array(z.string())
    .optional()
    .describe('Limits that decide the verdict, in the canonical form of --threshold; absent: none.'),
  goodput: z
    .array(z.string())
    .optional()
    .describe('Limits that each stream has to meet to count as goodput, as --goodput spells them; absent: none.'),
  drainLimitS: amount
    .optional()
    .describe('Time the gateway has to return to its pre-load state, in s; 0 or absent: not checked.'),
})
/** What to run: the validated options of `run` and `stress`. */
export type Scenario = Immutable<z.infer<typeof scenarioSchema>>

/** One experiment: the scenario, the protocol to use, and whether to measure the direct-to-mock baseline. */
export interface Experiment {
  readonly scenario: Scenario
  readonly protocol: ProtocolName
  /** Absent: measured if there is a gateway and no fault. */
  readonly baseline?: boolean
  /** Headers of every request to the gateway. They may be secret: the scenario has their names only. */
  readonly headers?: Readonly<Record<string, string>>
}

/** An experiment whose topology has not been started yet. */
export interface PlannedExperiment extends Experiment {
  readonly gatewayUrl: string
  /** Every toxic that will be on the wire, as `--toxic` spells it, those of `--wire` included; absent: none. */
  readonly toxics?: readonly string[]
}
