import { z } from 'zod'
import { roundMetrics } from '../judge/rounds/metrics.ts'
import { thresholdUnits } from '../judge/thresholds/quantity-text.ts'
import { thresholdStates } from '../judge/thresholds/thresholds.ts'
import { protocolNames } from '../model/protocol-name.ts'
import { roundsPlanSchema } from '../model/rounds.ts'
import { runIdPattern } from '../model/run.ts'
import { scenarioSchema } from '../model/scenario.ts'
import { count, type Immutable } from '../model/schema.ts'

/** Version of the format of rounds.json. */
export const roundsSchemaVersion = 1

const number = z.number().nullable()
const verdict = z.enum(['pass', 'warn', 'fail', 'invalid'])
const reasons = z.array(z.string()).describe('Why, one sentence each, the weightiest first.')

const notes = z.array(z.string()).describe('What does not change the verdict, such as invalid runs.')

const spreadSchema = z
  .strictObject({
    n: count.describe('Runs that have a value.'),
    median: z.number(),
    low: number.describe('95 % confidence interval of the mean over the runs; null below 3 runs.'),
    high: number,
    min: z.number(),
    max: z.number(),
    q1: z.number().describe('First quartile.'),
    q3: z.number().describe('Third quartile.'),
  })
  .meta({ id: 'spread', description: 'How a number varies between the runs that count.' })

const metricNames = roundMetrics.map(({ name }) => name)

const roundThresholdSchema = z.strictObject({
  text: z.string().describe('The threshold, as --threshold spells it.'),
  metric: z.string(),
  phase: z.string().optional().describe('Phase that it is for; absent: the whole run.'),
  state: z.enum(thresholdStates).describe('"ok": more than half of the runs meet it.'),
  unit: z.enum(thresholdUnits),
  met: count.describe('Runs that meet it.'),
  judged: count.describe('Runs that say something about it.'),
  median: number.describe('Median of what was observed; null: not measured.'),
  got: z.string(),
})

const gatewayRoundsSchema = z.strictObject({
  gateway: z.string().describe('As --gateway names it.'),
  tested: z.string().nullable().describe('Name, version and location; null if no run of it started.'),
  verdict,
  reasons,
  notes,
  exitStatus: count,
  runs: z
    .strictObject({ counted: count, invalid: count, interrupted: count })
    .describe('Runs by what became of them. Only the first ones count.'),
  medianRun: z.string().nullable().describe('Folder of the run with the median TTFT p99; null if no run counts.'),
  streams: z
    .strictObject({ requested: count, whole: count, failed: count })
    .describe('Streams of the runs that count.'),
  metrics: z
    .partialRecord(z.enum(metricNames as [string, ...string[]]), spreadSchema)
    .describe('Times in ms, CPU time in us, memory in MiB; without those that no run has.'),
  thresholds: z
    .array(roundThresholdSchema)
    .describe('Thresholds on times, rates and resources, which the median of the runs decides.'),
})

const roundRunSchema = z.strictObject({
  gateway: z.string(),
  round: z.int().min(1),
  attempt: z.int().min(1).describe('Above 1, the attempts before it were invalid.'),
  id: z.string().regex(runIdPattern),
  folder: z
    .string()
    .regex(/^(?:not-counted\/)?[a-z-]+\/[a-z0-9-]+$/)
    .describe('Where the run is stored, relative to this folder.'),
  startedAt: z.string(),
  state: z.enum(['counted', 'invalid', 'interrupted']),
  verdict: verdict.describe('Of the run alone.'),
  timing: z.enum(['trusted', 'suspect', 'invalid']),
  reasons,
})

const roundsFileSchema = z.strictObject({
  schemaVersion: z.literal(roundsSchemaVersion),
  kind: z.literal('rounds'),
  id: z.string().regex(runIdPattern).describe('Id of all rounds, and name of their folder.'),
  harnessVersion: z.string(),
  plan: roundsPlanSchema,
  protocol: z.enum(protocolNames).nullable().describe('null if no run started.'),
  scenario: scenarioSchema.nullable().describe('What each run was to do, from the first one; null if no run started.'),
  verdict: verdict.describe('The worst of the gateways: "fail", then "invalid", "warn" and "pass".'),
  reasons,
  notes,
  exitStatus: count.describe('Exit status of the command.'),
  completeRounds: count.describe('Rounds in which every gateway has a run that counts.'),
  interruptedBy: z.enum(['SIGINT', 'SIGTERM', 'SIGHUP']).nullable(),
  error: z.string().nullable().describe('The error that ended the rounds early.'),
  gateways: z.array(gatewayRoundsSchema),
  runs: z.array(roundRunSchema).describe('Every run, in the sequence in which they were made.'),
})
/** What rounds.json has, and what `--json-out` writes for several runs. */
export type RoundsJson = Immutable<z.input<typeof roundsFileSchema>>

/** The members of rounds.json that are read again. Everything else is computed from the runs. */
export const roundsIndexSchema = z.object({
  schemaVersion: z.literal(roundsSchemaVersion),
  kind: z.literal('rounds'),
  id: roundsFileSchema.shape.id,
  plan: roundsPlanSchema,
  interruptedBy: roundsFileSchema.shape.interruptedBy,
  error: roundsFileSchema.shape.error,
  runs: z.array(roundRunSchema.pick({ gateway: true, round: true, attempt: true, folder: true }).loose()),
})
/** What rounds.json says that the runs do not. */
export type RoundsIndex = Immutable<z.infer<typeof roundsIndexSchema>>

/** The published JSON Schema of rounds.json: the content of config/rounds.schema.json. */
export function roundsJsonSchema(): object {
  const { $schema, ...schema } = z.toJSONSchema(roundsFileSchema, { io: 'input' })
  return {
    $schema,
    $id: `urn:ccr-sse-stress:rounds:${roundsSchemaVersion}`,
    title: 'Rounds of ccr-sse-stress',
    description: 'rounds.json, and the output of --json-out if `run` makes several runs.',
    ...schema,
  }
}
