import { z } from 'zod'
import { protocolNames } from '../protocol/protocols.ts'
import type { Run } from '../run.ts'

const count = z.int().nonnegative()
const text = z.string()

const histogram = z.object({
  unit: z.literal('us'),
  n: count,
  minUs: count,
  maxUs: count,
  buckets: z.array(z.tuple([count, count])),
})

const usage = z.object({
  total_requests: z.number().optional(),
  total_failures: z.number().optional(),
  total_input_tokens: z.number().optional(),
  total_output_tokens: z.number().optional(),
  active_streams: z.number().optional(),
  active_requests: z.number().optional(),
})

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

/** What run.json holds of a `Run`: all but its records. What is there for other readers is passed over. */
export const runSchema = z.object({
  schemaVersion: z.literal(1),
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
    model: text,
    maxTokens: count,
    seed: count,
    warmUpStreams: count,
  }),
  target: z.object({ baseUrl: text, protocol: z.enum(protocolNames) }),
  gateway: z.object({
    kind: z.enum(['ccr-rust', 'reference', 'none', 'unknown']),
    name: text,
    version: text.optional(),
    location: text,
    settings: z.array(text),
  }),
  interChunk: histogram,
  telemetry: z.object({
    usageBefore: usage.optional(),
    usageAfter: usage.optional(),
    sampledPeak: z.number().optional(),
    samples: count,
    highWaterMark: z.number().optional(),
  }),
  cost: cost.optional(),
  mock: z
    .object({
      streamsOpen: count,
      streamsPeak: count,
      streamsServed: count,
      streamsAborted: count,
      requests: count,
      deltasSent: count,
      eventsSent: count,
      bytesSent: count,
      pacingError: histogram,
    })
    .optional(),
  notStarted: count,
  interruptedBy: z.enum(['SIGINT', 'SIGTERM']).optional(),
  died: z.object({ name: text, how: text, lastLines: z.array(text) }).optional(),
}) satisfies z.ZodType<Omit<Run, 'records'>>
