import { z } from 'zod'
import { baselineSchema, blockTimesSchema } from './baseline.ts'
import { drainSchema } from './drain.ts'
import { flightSchema } from './flight.ts'
import { gatewayCostSchema, gatewayIdentitySchema, telemetrySchema } from './gateway.ts'
import { storedHistogramSchema } from './hdr.ts'
import { failedPartSchema, instrumentSchema } from './instrument.ts'
import { machineSchema, placements } from './machine.ts'
import { mergedSchema } from './merged.ts'
import { mockClockSchema, storedMockStatsSchema } from './mock-stats.ts'
import { recordSchema } from './record.ts'
import { scenarioSchema } from './scenario.ts'
import { amount, count, type Immutable, instant } from './schema.ts'
import { seriesSchema } from './series.ts'
import { targetSchema } from './target.ts'

/** Version of the format of run.json and `--json-out`. */
export const reportSchemaVersion = 1

/** A run's id: lower-case letters, digits and dashes, so that it is one part of a path. */
export const runIdPattern = /^[a-z0-9][a-z0-9-]{0,63}$/

/** A run without its records and flights: the members of run.json itself. */
export const runHeaderSchema = z.strictObject({
  id: z.string().regex(runIdPattern).describe('Id of the run, and name of its folder.'),
  startedAt: z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/)
    .describe('Wall clock at the start.'),
  startedNs: instant.describe('Monotonic clock at the same instant, in ns.'),
  harnessVersion: z.string().describe('Version of ccr-sse-stress.'),
  command: z.enum(['run', 'stress']).describe('Command that made the run.'),
  scenario: scenarioSchema.describe('What was requested.'),
  target: targetSchema.describe('What the load aimed at.'),
  gateway: gatewayIdentitySchema.describe('What was tested.'),
  machine: machineSchema
    .optional()
    .describe('The machine that the run was measured on; absent in runs of earlier versions.'),
  bootId: z
    .string()
    .optional()
    .describe('Boot of the machine: runs with the same id share one monotonic clock; absent: not known.'),
  merged: mergedSchema
    .optional()
    .describe('The runs of several runners of one load that this run was merged from; absent: one runner.'),
  topology: z
    .enum(placements)
    .optional()
    .describe(
      'Where the gateway runs: a process that the run started, one that was already running, or a container; absent for stress, and in runs of earlier versions.',
    ),
  toxics: z.array(z.string()).optional().describe('Faults of the network, as --toxic spells them; absent: none.'),
  workers: z
    .strictObject({
      runner: count.describe('Threads of the runner; stream s is started by number s modulo this.'),
      mock: count.optional().describe('Processes of the mock; absent: not known.'),
    })
    .optional()
    .describe('Threads of the runner and processes of the mock; absent: one each, or not known.'),
  telemetry: telemetrySchema.describe("The gateway's own telemetry around the load."),
  instrument: instrumentSchema
    .optional()
    .describe(
      'What the harness measured of itself during the load; absent if no load started, or from an older version.',
    ),
  notStarted: count.describe('Streams that did not start because of an interrupt or the early end of the run.'),
  dropped: z
    .array(count)
    .optional()
    .describe('Starts that an open loop dropped because too many streams were open, by phase; absent: none.'),
  phaseTimes: z
    .array(blockTimesSchema)
    .optional()
    .describe('Times of the deltas of each phase; absent without phases.'),
  stopped: z
    .strictObject({
      phase: z.enum(['warm-up', 'baseline', 'load']).describe('Phase in which it ended. Its streams are the records.'),
      why: z
        .string()
        .optional()
        .describe('What failed on this machine; absent: the gateway or a part of the harness failed.'),
    })
    .optional()
    .describe('The run ended before its load was complete, without an interrupt; absent: it did not.'),
  abortedBy: z
    .strictObject({
      threshold: z.string().describe('The threshold, as in the scenario.'),
      afterS: amount.describe('Time from the start of the load, in s.'),
      got: z.string().describe('What was observed then.'),
    })
    .optional()
    .describe('The threshold that ended the load early; absent: none.'),
  cost: gatewayCostSchema
    .optional()
    .describe("Resource usage of the gateway's processes during the load; absent if they could not be seen."),
  drain: drainSchema
    .optional()
    .describe('Whether the resources returned to their pre-load state; absent if this was not checked.'),
  died: z
    .strictObject({ name: z.string(), how: z.string(), lastLines: z.array(z.string()) })
    .optional()
    .describe('The gateway, if it died during the run: how, and the last lines of its output.'),
  failedParts: z
    .array(failedPartSchema)
    .optional()
    .describe(
      'Parts of the harness that ended or stopped answering during the run, the first one first; absent: none.',
    ),
  mockClock: mockClockSchema
    .optional()
    .describe("The mock's clock, compared with the runner's; absent if the mock could not be reached."),
  interruptedBy: z
    .enum(['SIGHUP', 'SIGINT', 'SIGTERM'])
    .optional()
    .describe('Signal that interrupted the run; absent: none.'),
  words: z.array(z.string()).optional().describe('Arguments of the command line.'),
  startedBy: z
    .strictObject({
      program: z
        .string()
        .describe(
          'Shell command that starts the program, without its options; for `docker compose up`, the complete command.',
        ),
      variables: z
        .record(z.string(), z.string())
        .optional()
        .describe('Environment variables with options of the run; absent: none.'),
      options: z
        .enum(['arguments', 'variables'])
        .describe('How its options are set. With "variables", `words` are those of the runner in its container.'),
    })
    .optional()
    .describe('How the user started the command; absent for the library, and in runs of earlier versions.'),
  series: seriesSchema.optional().describe('Values over time; absent if no stream started, or from an older version.'),
  interChunk: storedHistogramSchema.describe('Gaps between two deltas of one stream, over all streams.'),
  transit: storedHistogramSchema
    .optional()
    .describe(
      "From the mock's stamp to the arrival of each planned delta: gateway, network and the mock's write; absent if mock and runner have no clock in common.",
    ),
  baseline: baselineSchema
    .optional()
    .describe('The same load direct to the mock, in blocks of streams; absent if it was not measured.'),
  mock: storedMockStatsSchema
    .optional()
    .describe('What the mock counted during the load; absent if the mock could not be reached.'),
})

/** Schema of `Run`. */
export const runSchema = runHeaderSchema.extend({
  records: z.array(recordSchema),
  flights: z.array(flightSchema).optional().describe('Failed streams first, then the slowest complete ones.'),
})
/** One run as plain data: everything that the verdict and the report are computed from, but not their results. */
export type Run = Immutable<z.infer<typeof runSchema>> & {
  /** Complete streams for which the record of another one stands, because there are too many records; absent: none. */
  readonly thinned?: number
}
