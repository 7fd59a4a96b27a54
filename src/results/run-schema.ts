import { z } from 'zod'
import { contentChoices } from '../plan/content.ts'
import { protocolNames } from '../protocol/protocols.ts'
import { reportSchemaVersion } from '../report/json.ts'
import type { Run } from '../run.ts'
import { histogramSchema, instrumentSchema, mockStatsSchema, usageSchema } from '../run-parts.ts'

const count = z.int().nonnegative()
const text = z.string()

const measured = z.number().optional()
const cost = z.object({
  cpuS: measured,
  memoryBeforeBytes: measured,
  memoryPeakBytes: measured,
  memoryAfterBytes: measured,
  descriptorsBefore: measured,
  descriptorsPeak: measured,
  descriptorsAfter: measured,
  container: z
    .object({
      cpuS: measured,
      memoryPeakBytes: measured,
      memoryLimitBytes: measured,
      cpuLimit: measured,
      periods: measured,
      throttledPeriods: measured,
      throttledS: measured,
      oomKills: measured,
    })
    .optional(),
})

const remains = z.object({
  activeStreams: measured,
  mockStreams: measured,
  descriptors: measured,
  upstreamSockets: measured,
  closeWaitSockets: measured,
  memoryBytes: measured,
})
const drain = z.object({
  limitS: z.number().nonnegative(),
  tookMs: z.number().nonnegative(),
  before: remains,
  after: remains,
  backMs: remains,
  usage: usageSchema.optional(),
  probe: z.object({ whole: z.boolean(), fault: text.optional() }).optional(),
  healthFault: text.optional(),
})

/** What run.json holds of a `Run`: all but its records. What is there for other readers is passed over. */
export const runSchema = z.object({
  schemaVersion: z.literal(reportSchemaVersion),
  id: text,
  startedAt: z.iso.datetime(),
  startedNs: z.number(),
  harnessVersion: text,
  command: z.enum(['run', 'stress']),
  scenario: z.object({
    streams: count,
    chunks: count.optional(),
    delayMs: z.number().nonnegative().optional(),
    rampMs: z.number().nonnegative(),
    timeoutS: z.number().positive(),
    idleS: z.number().positive(),
    content: z.enum(contentChoices),
    faults: z.array(text).optional(),
    clientFaults: z.array(text).optional(),
    model: text,
    maxTokens: count,
    seed: count,
    warmUpStreams: count,
    drainLimitS: z.number().nonnegative().optional(),
  }),
  target: z.object({ baseUrl: text, protocol: z.enum(protocolNames) }),
  gateway: z.object({
    kind: z.enum(['ccr-rust', 'reference', 'installed', 'custom', 'none', 'unknown']),
    name: text,
    version: text.optional(),
    location: text,
    settings: z.array(text),
  }),
  toxics: z.array(text).optional(),
  interChunk: histogramSchema,
  transit: histogramSchema.optional(),
  telemetry: z.object({
    usageBefore: usageSchema.optional(),
    usageAfter: usageSchema.optional(),
    sampledPeak: z.number().optional(),
    samples: count,
    highWaterMark: z.number().optional(),
  }),
  cost: cost.optional(),
  mock: mockStatsSchema.optional(),
  instrument: instrumentSchema.optional(),
  drain: drain.optional(),
  notStarted: count,
  interruptedBy: z.enum(['SIGINT', 'SIGTERM']).optional(),
  died: z.object({ name: text, how: text, lastLines: z.array(text) }).optional(),
}) satisfies z.ZodType<Omit<Run, 'records'>>
