import { z } from 'zod'
import { count, type Immutable } from './schema.ts'

/** Schema of `GatewayIdentity`. */
export const gatewayIdentitySchema = z.strictObject({
  kind: z
    .enum(['ccr-rust', 'reference', 'installed', 'custom', 'none', 'unknown'])
    .describe(
      '"installed": a program that `gateways install` or a package manager installed. "custom": an image or a container of the user. "none": direct to the mock. "unknown": whatever answers at the URL.',
    ),
  name: z.string().describe('Name to show, such as "ccr-rust 1.3.0" or "embedded reference gateway, not ccr-rust".'),
  version: z.string().optional(),
  location: z.string().describe('Path of its program, or its URL.'),
  settings: z
    .array(z.string())
    .describe('Settings made for the run, such as "stream limit disabled (CCR_MAX_STREAMS=0)".'),
})
/** What was tested: a kind, a name to show, and where it is. */
export type GatewayIdentity = Immutable<z.infer<typeof gatewayIdentitySchema>>

const figure = z.number().nonnegative().optional()

const tier = z.object({
  tier: z.string().max(200),
  requests: figure,
  failures: figure,
  input_tokens: figure,
  output_tokens: figure,
  cache_read_tokens: figure,
  cache_creation_tokens: figure,
  cost_usd: figure,
  avg_duration_seconds: figure,
})

/** Schema of `GatewayUsage`: the members that ccr-rust documents. */
export const usageSchema = z
  .object({
    total_requests: figure,
    total_failures: figure,
    total_input_tokens: figure,
    total_output_tokens: figure,
    total_cost_usd: figure,
    active_streams: figure,
    active_requests: figure,
    tiers: z.array(tier).max(64).optional().describe('Counts per provider.'),
  })
  .meta({ id: 'usage', description: "The gateway's answer at /v1/usage: the members that ccr-rust documents." })
/** A gateway's counters, under its own names; absent members are not in its answer. */
export type GatewayUsage = Immutable<z.infer<typeof usageSchema>>

/** The answer of a gateway at /v1/usage. Members that are only displayed are dropped if they are invalid. */
export const usageAnswerSchema = usageSchema.extend({
  total_cost_usd: usageSchema.shape.total_cost_usd.catch(undefined),
  tiers: usageSchema.shape.tiers.catch(undefined),
})

/** Schema of `GatewayTelemetry`. */
export const telemetrySchema = z.strictObject({
  samples: count.describe('Samples of active_streams during the load.'),
  usageBefore: usageSchema.optional(),
  usageAfter: usageSchema.optional(),
  sampledPeak: z.number().optional().describe('Highest active_streams of all samples.'),
  highWaterMark: z
    .number()
    .optional()
    .describe("The gateway's own peak (ccr_peak_active_streams); absent if this load did not raise it."),
})
/** The gateway's own telemetry around the load. Absent members were not measured. */
export type GatewayTelemetry = Immutable<z.infer<typeof telemetrySchema>>

const measured = z.number().optional()

/** Schema of `ContainerCost`. */
const containerCostSchema = z.strictObject({
  cpuS: measured.describe('CPU time, in s.'),
  memoryPeakBytes: measured.describe('Peak of the charged memory since the container started, page cache included.'),
  memoryLimitBytes: measured,
  cpuLimit: measured.describe('CPU limit, in cores.'),
  periods: measured.describe('Scheduling periods in which the container was ready to run.'),
  throttledPeriods: measured.describe('Those of the periods in which it reached its CPU limit.'),
  throttledS: measured.describe('Time throttled, in s.'),
  oomKills: measured.describe('Processes that the kernel killed for memory.'),
})
/** Usage and limits of the gateway's container during the load, from its control group. Absent members were not measured. */
export type ContainerCost = Immutable<z.infer<typeof containerCostSchema>>

/** Schema of `GatewayCost`. */
export const gatewayCostSchema = z.strictObject({
  cpuS: measured.describe('CPU time, user and system, in s.'),
  memoryBeforeBytes: measured.describe('Resident memory before the load.'),
  memoryPeakBytes: measured.describe(
    'Peak of the resident memory: since its start if the gateway is one process, else of samples every 250 ms.',
  ),
  memoryAfterBytes: measured.describe('Resident memory after the load.'),
  descriptorsBefore: measured.describe('Open descriptors before the load.'),
  descriptorsPeak: measured.describe('Most open descriptors of all samples.'),
  descriptorsAfter: measured.describe('Open descriptors after the load.'),
  container: containerCostSchema
    .optional()
    .describe("Usage and limits of the gateway's container, by its control group; absent if it runs in none."),
})
/** CPU time, memory and descriptors of the gateway's processes during the load, from /proc. Absent: not measured. */
export type GatewayCost = Immutable<z.infer<typeof gatewayCostSchema>>
