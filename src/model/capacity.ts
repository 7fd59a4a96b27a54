import { z } from 'zod'
import { failureKinds } from './failure.ts'
import { gatewayIdentitySchema } from './gateway.ts'
import { protocolNames } from './protocol-name.ts'
import { runIdPattern } from './run.ts'
import { scenarioSchema } from './scenario.ts'
import { amount, count, type Immutable, share } from './schema.ts'

/** Version of the format of capacity.json. */
export const capacitySchemaVersion = 1

/** What a search raises: streams that are open at once, or starts per second. */
export const capacityKinds = ['streams', 'rate'] as const
/** One of `capacityKinds`. */
export type CapacityKind = (typeof capacityKinds)[number]

/** What a step may have shown. `invalid`: the harness was the limit, so the step says nothing about the gateway. */
export const stepOutcomes = ['pass', 'fail', 'invalid'] as const
/** One of `stepOutcomes`. */
export type StepOutcome = (typeof stepOutcomes)[number]

/** What can break at a step. */
export const breakKinds = [
  'cpu',
  'memory',
  'backlog',
  'errors',
  'content',
  'latency',
  'threshold',
  'death',
  'instrument',
] as const
/** One of `breakKinds`. */
export type BreakKind = (typeof breakKinds)[number]

const breakSchema = z.strictObject({
  kind: z.enum(breakKinds).describe('What broke. "instrument": the runner, the mock or the machine, not the gateway.'),
  detail: z.string().describe('What was observed, and the limit.'),
})
/** What broke at a step. */
export type Break = Immutable<z.infer<typeof breakSchema>>

const trialSchema = z
  .strictObject({
    n: z.number().positive().describe('Streams, or starts per second.'),
    outcome: z.enum(stepOutcomes),
    run: z.string().regex(runIdPattern).describe('Id of its run; the folder is runs/<id>.'),
    tookS: amount.describe('Time that it took, warm-up and drain included, in s.'),
    started: count.describe('Streams that started, without those of the ramp before the measurement.'),
    whole: count.describe('Those that were complete.'),
    failed: count.describe('Those that failed.'),
    dropped: count.optional().describe('Starts that were dropped because too many streams were open; absent: none.'),
    errors: z.partialRecord(z.enum(failureKinds), z.int().min(1)).optional().describe('Failed streams by kind.'),
    peakOpen: count.describe('Most streams open at one instant.'),
    ttftP50Ms: amount.optional().describe('Time to first delta, in ms; absent: not measured.'),
    ttftP99Ms: amount.optional(),
    cpuCores: amount.optional().describe('CPU time of the gateway per second of the load; absent: not measured.'),
    memoryPeakBytes: amount.optional().describe('Peak of the resident memory of the gateway; absent: not measured.'),
    drainMs: amount
      .optional()
      .describe('Time until the gateway had drained, in ms; absent: not measured, or it had not.'),
    thresholds: z
      .array(z.strictObject({ text: z.string(), state: z.string(), got: z.string() }))
      .describe('Each threshold of the step, and what was observed.'),
    broke: breakSchema.optional().describe('What broke; absent if the step passed.'),
  })
  .meta({ id: 'trial', description: 'One run of a step.' })
/** One run of a step. */
export type Trial = Immutable<z.infer<typeof trialSchema>>

/** Schema of `Capacity`. */
export const capacitySchema = z.strictObject({
  schemaVersion: z.literal(capacitySchemaVersion),
  id: z.string().regex(runIdPattern).describe('Id of the search, and name of its folder.'),
  startedAt: z.string().describe('Wall clock at the start.'),
  harnessVersion: z.string().describe('Version of ccr-sse-stress.'),
  of: z.enum(capacityKinds).describe('What the search raised: streams open at once, or starts per second.'),
  search: z
    .strictObject({
      from: z.number().positive().describe('First step.'),
      to: z.number().positive().describe('Largest step.'),
      precision: share.positive().describe('Largest distance between the ends of the answer, as a share.'),
      repeat: z.int().positive().describe('Runs of each step; the majority decides.'),
      maxDurationS: amount.describe('Time limit of the search, in s.'),
      stepS: amount.describe('Measured time of each step, in s.'),
    })
    .describe('Settings of the search.'),
  protocol: z.enum(protocolNames),
  scenario: scenarioSchema.describe('The scenario of every step, without its load.'),
  toxics: z.array(z.string()).optional().describe('Faults of the network, as --toxic spells them; absent: none.'),
  gateway: gatewayIdentitySchema.optional().describe('What was tested; absent if no step has ended.'),
  cores: count.describe('CPU cores of the machine.'),
  thresholds: z.array(z.string()).describe('Thresholds of every step.'),
  unloaded: z
    .strictObject({ ttftP50Ms: amount, n: count, run: z.string().regex(runIdPattern) })
    .optional()
    .describe('TTFT of streams that were alone, from which the limit of the TTFT was derived; absent: not measured.'),
  machineLimit: z
    .strictObject({ streams: count, why: z.string() })
    .optional()
    .describe('The most streams that this machine can open, if that is less than the largest step.'),
  trials: z.array(trialSchema).describe('Every run of every step, in the order in which they ran.'),
  ended: z
    .strictObject({
      why: z.enum(['time', 'interrupt', 'gateway', 'environment']),
      detail: z.string(),
    })
    .optional()
    .describe('Why the search ended before it had its answer; absent: it did not.'),
  tookS: amount.describe('Time that the search took, all resumed parts together, in s.'),
  words: z.array(z.string()).optional().describe('Arguments of the command line.'),
})
/** One search for a capacity, as plain data: everything that its answer is computed from. */
export type Capacity = Immutable<z.infer<typeof capacitySchema>>
