import { z } from 'zod'
import { type JudgedCapacity, judgeCapacity } from '../judge/capacity/capacity.ts'
import { type Capacity, capacitySchema, stepOutcomes } from '../model/capacity.ts'
import { amount, count } from '../model/schema.ts'

const breakSchema = capacitySchema.shape.trials.element.shape.broke

/** The members that are computed from the others. */
const derivedShape = {
  answer: z
    .strictObject({
      kind: z
        .enum(['found', 'at_least', 'below', 'invalid', 'none'])
        .describe(
          '"found": between low, which passed, and high, which failed. "at_least": low passed, nothing is known beyond. "below": the lowest step failed. "invalid": the lowest step says nothing about the gateway. "none": no step is complete.',
        ),
      low: z.number().optional().describe('Largest step that passed.'),
      high: z.number().optional().describe('Smallest step that failed.'),
      invalidAt: z.number().optional().describe('Smallest step at which the harness was the limit.'),
      isPrecise: z.boolean().describe('Whether the ends are as close as requested.'),
      bound: z
        .enum(['instrument', 'range', 'machine', 'time', 'interrupt', 'gateway', 'environment'])
        .optional()
        .describe(
          'Why nothing is known beyond low, or why the ends are further apart than requested; absent: neither.',
        ),
      broke: breakSchema.describe('What broke first; absent if nothing did.'),
      passedAbove: z.array(z.number()).describe('Steps that passed above one that did not.'),
    })
    .describe('The answer.'),
  curve: z
    .array(
      z.strictObject({
        n: z.number(),
        outcome: z.enum(stepOutcomes).optional().describe('Absent if the search ended before it had enough runs.'),
        runs: count,
        passed: count.describe('Runs that passed.'),
        started: count.describe('Streams of all runs.'),
        failed: count,
        ttftP50Ms: amount.optional(),
        ttftP99Ms: amount.optional(),
        cpuCores: amount.optional(),
        memoryPeakBytes: amount.optional(),
        drainMs: amount.optional(),
        broke: breakSchema,
      }),
    )
    .describe('Every step in ascending order, with the medians of its runs.'),
  exitStatus: count.describe('Exit status of the command.'),
} as const

/** What capacity.json and `--json-out` have. */
const capacityFileSchema = z.strictObject({ ...capacitySchema.shape, ...derivedShape })

/** The names of the derived members: they are not read, so that they cannot contradict the trials. */
export const derivedNames: readonly string[] = Object.keys(derivedShape)

/** A search with its conclusions, for capacity.json and `--json-out`. */
export function capacityJson(
  capacity: Capacity,
  judged: JudgedCapacity = judgeCapacity(capacity),
): Capacity & JudgedCapacity {
  return { ...capacity, ...judged }
}

/** The published JSON Schema of capacity.json: the content of config/capacity.schema.json. */
export function capacityJsonSchema(): object {
  const { $schema, ...schema } = z.toJSONSchema(capacityFileSchema, { io: 'input' })
  return {
    $schema,
    $id: 'urn:ccr-sse-stress:capacity:1',
    title: 'Capacity of ccr-sse-stress',
    description: 'capacity.json in the folder of a search, and --json-out of capacity.',
    ...schema,
  }
}
