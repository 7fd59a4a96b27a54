import { z } from 'zod'
import { contentChoices } from '../model/content.ts'
import { snapshotOf } from '../model/hdr.ts'
import type { Run } from '../model/run.ts'
import { instrumentSchema, mockStatsSchema, usageSchema } from '../model/run-parts.ts'
import { protocolNames } from '../model/target.ts'
import { reportSchemaVersion } from '../report/json.ts'

const count = z.int().nonnegative()
const text = z.string()

const measured = z.number().optional()
/** A histogram as run.json holds it. */
const histogram = z
  .object({ unit: z.literal('us'), n: count, minUs: count, maxUs: count, hdr: text })
  .transform((written, context) => {
    const snapshot = snapshotOf(written)
    if (snapshot) return snapshot
    context.addIssue({ code: 'custom', message: `a histogram of ${written.n} values in HdrHistogram's V2 encoding` })
    return z.NEVER
  })
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

const blockTimes = z.object({ interChunk: histogram, transit: histogram.optional() })
const baseline = z.object({
  windows: z.array(
    z.object({
      when: z.enum(['before', 'after']),
      streams: count,
      whole: count,
      chunks: count,
      blocks: z.array(blockTimes.extend({ connect: histogram, headers: histogram, ttft: histogram })),
    }),
  ),
  gateway: z.array(blockTimes),
})

/** What run.json holds of a `Run`: all but its records and time lines. What is there for other readers is passed over. */
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
    firstStream: count.optional(),
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
  workers: z.object({ runner: count, mock: count.optional() }).optional(),
  interChunk: histogram,
  transit: histogram.optional(),
  mockClock: z.object({ isShared: z.boolean(), offsetNs: z.number(), errorNs: z.number().nonnegative() }).optional(),
  baseline: baseline.optional(),
  words: z.array(text).optional(),
  telemetry: z.object({
    usageBefore: usageSchema.optional(),
    usageAfter: usageSchema.optional(),
    sampledPeak: z.number().optional(),
    samples: count,
    highWaterMark: z.number().optional(),
  }),
  cost: cost.optional(),
  mock: mockStatsSchema.extend({ pacingError: histogram }).optional(),
  instrument: instrumentSchema.optional(),
  drain: drain.optional(),
  notStarted: count,
  interruptedBy: z.enum(['SIGINT', 'SIGTERM']).optional(),
  died: z.object({ name: text, how: text, lastLines: z.array(text) }).optional(),
}) satisfies z.ZodType<Omit<Run, 'records' | 'flights'>>
