import { z } from 'zod'
import { gatewayFindingClasses } from '../judge/gateway-finding.ts'
import { thresholdUnits } from '../judge/thresholds/quantity-text.ts'
import { thresholdStates } from '../judge/thresholds/thresholds.ts'
import { failureKinds, phases } from '../model/failure.ts'
import { flightSchema } from '../model/flight.ts'
import { usageSchema } from '../model/gateway.ts'
import { shapes } from '../model/phase.ts'
import { streamFindingSchema, upstreamEndSchema } from '../model/record.ts'
import { reportSchemaVersion, runHeaderSchema } from '../model/run.ts'
import { amount, count, type Immutable, instant, share } from '../model/schema.ts'

/** A measured figure; `null` if it was not measured. */
const measured = amount.nullable().meta({ id: 'measured', description: 'A number of at least 0; null: not measured.' })

const timingSchema = z.strictObject({
  state: z.enum(['trusted', 'suspect', 'invalid']),
  reasons: z.array(z.string()).describe('Why the times are not trusted, one sentence each; empty if they are.'),
})

const verdictSchema = z.strictObject({
  verdict: z
    .enum(['pass', 'warn', 'fail', 'invalid'])
    .describe('"invalid": the harness was the limit, so the run says nothing about the gateway.'),
  reasons: z.array(z.string()).describe('Why, one sentence each, the weightiest first.'),
  failedShare: share
    .optional()
    .describe('Share of failed streams among those that are judged and ended; absent if there are none.'),
  mostlyFailed: z.boolean().describe('Whether more than half of them failed, in a load that was complete.'),
  timing: timingSchema.describe("Whether the times are the gateway's, or distorted by the harness."),
})

const gatewayFindingSchema = z.strictObject({
  class: z.enum(gatewayFindingClasses),
  metric: z.string().describe('What was measured.'),
  expected: z.string(),
  got: z.string(),
})

const errorsSchema = z.partialRecord(z.enum(failureKinds), z.int().min(1))

/** The original's `report`: all of its names with their meanings, then further ones. */
const originalReportSchema = z.strictObject({
  total_streams: count.describe('Streams requested.'),
  successful: count.describe('Streams that arrived complete.'),
  failed: count.describe('Streams that failed.'),
  errors: errorsSchema.describe('Number of failed streams by kind of failure.'),
  ttfb_p50_ms: measured.describe(
    "TTFB over the successful streams: from a stream's start to the first byte of its body, in ms.",
  ),
  ttfb_p95_ms: measured,
  ttfb_p99_ms: measured,
  ttfb_max_ms: measured,
  duration_p50_ms: measured.describe(
    "Duration over the successful streams: from a stream's start to the end of its body, in ms.",
  ),
  duration_p95_ms: measured,
  duration_p99_ms: measured,
  duration_max_ms: measured,
  total_bytes: count.describe('Body bytes of the successful streams.'),
  total_chunks: count.describe('Reads that carried body bytes, of the successful streams.'),
  throughput_mbps: measured.describe('total_bytes x 8 / wall_clock_s, in Mbit/s.'),
  wall_clock_s: measured.describe('From the first start to the last end, in s.'),
  peak_concurrent: count.describe('Most streams connected and not ended at one instant.'),
  ccr_active_streams_peak: measured.describe(
    "Peak of the gateway's gauge of open streams, sampled or by its own high-water mark; null if it has none.",
  ),
  ccr_usage: usageSchema.nullable().describe("The gateway's /v1/usage after the load; null if it has none."),
  total_events: count.describe('SSE events of the successful streams.'),
  total_deltas: count.describe('Events with generated content, of the successful streams.'),
  aborted: count.describe('Streams that an interrupt ended.'),
  not_started: count.describe('Streams that an interrupt kept from starting.'),
  dropped: count.optional().describe('Starts of open loops that were dropped; absent without an open loop.'),
  gateway_cpu_s: measured.describe('CPU time of the gateway during the load, in s.'),
  gateway_cpu_us_per_event: measured.describe('The same per SSE event that arrived, in us.'),
  gateway_memory_peak_bytes: measured.describe('Peak of the resident memory of the gateway.'),
  gateway_memory_per_stream_bytes: z
    .number()
    .nullable()
    .describe('Peak minus the memory before the load, per stream of the peak concurrency; null: not measured.'),
  gateway_descriptors_peak: measured.describe('Most open descriptors of the gateway.'),
})

const ruleCountSchema = z.strictObject({
  rule: z.string().describe('Id of the rule.'),
  severity: z.enum(['error', 'warning']),
  count: count.describe('Findings.'),
  streams: count.describe('Streams with such a finding.'),
})

const faultTallySchema = z.strictObject({
  fault: z.string().describe('The fault, with its position.'),
  streams: count.describe('Streams with this fault.'),
  seen: z
    .array(z.tuple([z.string(), count]))
    .describe('What their clients saw (kind of failure, or outcome) and in how many streams, the most frequent first.'),
  reactions: z
    .array(z.tuple([z.string(), count]))
    .describe('How the gateway reacted and in how many streams, the most frequent first.'),
  wrong: count.describe('Streams with a wrong reaction.'),
  why: z.string().optional().describe('Why the first wrong reaction is wrong.'),
  mostAttempts: count.optional().describe('Most upstream requests for one stream; absent if the mock was not queried.'),
})

const cancellationSchema = z.strictObject({
  clientFault: z.string().describe('Fault of the client, with its position.'),
  streams: count.describe('Streams whose client left in this way.'),
  noticedMs: z
    .array(z.number())
    .describe('From the leaving of each client to the end of the stream at the mock, in ms, ascending.'),
  notCancelled: count.describe('Streams that went on at the mock for too long.'),
})

const distributionSchema = z
  .strictObject({
    n: count.describe('Number of values.'),
    p50Ms: measured,
    p95Ms: measured,
    p99Ms: measured.describe('null below 100 values.'),
    p999Ms: measured.describe('null below 1,000 values.'),
    p9999Ms: measured.describe('null below 10,000 values.'),
    maxMs: measured,
  })
  .meta({ id: 'distribution', description: 'Percentiles of a time, in ms.' })

const censoredSchema = z
  .strictObject({
    n: count.describe('Streams that ended on their own.'),
    censored: count.describe('Those of them that failed before they reached the time.'),
    p50Ms: measured,
    p95Ms: measured,
    p99Ms: measured,
  })
  .meta({
    id: 'censored',
    description:
      'Percentiles of a time, in ms, in which a stream that failed first counts as longer than any other; null: not reached.',
  })

const metricsSchema = z.strictObject({
  ttfb: distributionSchema.describe('Start to first body byte, of complete streams.'),
  duration: distributionSchema.describe('Start to end, of complete streams.'),
  connect: distributionSchema.describe('Start to connection, of all streams that got this far.'),
  headers: distributionSchema.describe('Request to response headers, of all streams that got this far.'),
  ttft: distributionSchema.describe(
    'Start (open loop: intended start) to first delta, of all streams that got this far.',
  ),
  interChunk: distributionSchema.describe('Gaps between two deltas of one stream.'),
  transit: distributionSchema.describe('From the emission of each delta by the mock to its arrival.'),
  lateness: distributionSchema.describe("Actual minus intended start: the harness's own delay."),
  ttftWhole: distributionSchema.describe('Start to first delta, of complete streams.'),
  ttftCensored: censoredSchema.nullable().describe('Start to first delta; null if no stream failed before it.'),
  durationCensored: censoredSchema.nullable().describe('Start to complete end; null if no stream failed.'),
})

const phaseSummarySchema = z.strictObject({
  name: z.string(),
  shape: z.enum(shapes),
  excluded: z.boolean().describe('Whether it is not part of the metrics of the whole run.'),
  started: count.describe('Streams that it started: complete, failed or aborted.'),
  whole: count.describe('Those that arrived complete.'),
  failed: count,
  aborted: count,
  dropped: count.describe('Starts of an open loop that were dropped because too many streams were open.'),
  durationS: measured.describe('Time in which it started streams, in s.'),
  offeredPerS: measured.describe('Starts per second of its schedule; null if starts wait for ends.'),
  startsPerS: measured.describe('Starts per second.'),
  completePerS: measured.describe('Complete streams per second.'),
  peakOpen: count.describe('Most of its streams connected and not ended at one instant.'),
  lateness: distributionSchema.describe('Actual minus intended start.'),
  ttft: distributionSchema.describe('Start (open loop: intended start) to first delta.'),
  duration: distributionSchema.describe('Start (open loop: intended start) to end, of complete streams.'),
  interChunk: distributionSchema.describe('Gaps between two deltas of one stream.'),
  transit: distributionSchema.describe('From the emission of each delta by the mock to its arrival.'),
})

const kindSummarySchema = z.strictObject({
  name: z.string(),
  share: share.describe('Planned share of the streams.'),
  streams: count.describe('Streams that started: complete, failed or aborted.'),
  whole: count.describe('Those that arrived complete.'),
  failed: count,
  aborted: count,
  ttft: distributionSchema.describe('Start (open loop: intended start) to first delta.'),
  duration: distributionSchema.describe('Start (open loop: intended start) to end, of complete streams.'),
})

const overheadSchema = z
  .strictObject({
    directMs: z.number().describe('Direct to the mock.'),
    gatewayMs: z.number().describe('Through the gateway.'),
    overheadMs: z.number().describe('Gateway minus direct.'),
    lowMs: z
      .number()
      .optional()
      .describe('Lower end of the 95 % confidence interval; absent with fewer than 5 blocks.'),
    highMs: z.number().optional().describe('Upper end of the 95 % confidence interval.'),
  })
  .meta({ id: 'overhead', description: 'One statistic of the same load with and without the gateway, in ms.' })

const timeOverheadSchema = z
  .strictObject({
    nDirect: count.describe('Values direct to the mock.'),
    nGateway: count.describe('Values through the gateway.'),
    p50: overheadSchema,
    p99: overheadSchema.optional().describe('Absent if either has fewer than 100 values.'),
  })
  .meta({ id: 'timeOverhead', description: 'What the gateway added to one time.' })
  .optional()

const overheadsSchema = z.strictObject({
  windows: count.describe('Loads direct to the mock.'),
  isWhole: z.boolean().describe('Whether all of their streams arrived complete.'),
  connect: timeOverheadSchema,
  headers: timeOverheadSchema,
  ttft: timeOverheadSchema,
  interChunk: timeOverheadSchema,
  transit: timeOverheadSchema,
})

const thresholdSchema = z.strictObject({
  text: z.string().describe('The threshold, as in the scenario.'),
  metric: z.string(),
  phase: z.string().optional().describe('Name of its phase; absent: the whole run.'),
  state: z
    .enum(thresholdStates)
    .describe('"ok" and "broken" are about the gateway. "too_few_samples" and "not_measured" fail the run, too.'),
  unit: z.enum(thresholdUnits).describe('Unit of `observed` and `limit`.'),
  observed: z.number().optional().describe('Absent if not measured, or if too many streams failed before.'),
  limit: z.number(),
  samples: count.optional().describe('Values that it was computed from; absent: it is not a statistic.'),
  got: z.string().describe('What was observed, as text.'),
})

const goodputSchema = z.strictObject({
  limits: z.array(z.string()).describe('Limits that each stream has to meet.'),
  count: count.describe('Complete streams that met them.'),
  ended: count.describe('Streams that ended by themselves, without those with an injected fault.'),
  share: share.optional().describe('The first of the second; absent if none ended.'),
  perS: amount.optional().describe('The same streams per second of wall time.'),
})

const totalsSchema = z.strictObject({ bytes: count, chunks: count, events: count, deltas: count })

/** Members of run.json that are computed from the run. They are for other programs; `report` recomputes them. */
export const derivedShape = {
  schemaVersion: z.literal(reportSchemaVersion).describe('Version of this format.'),
  tested: z.string().describe('What was tested, in one line.'),
  verdict: verdictSchema,
  gatewayFindings: z
    .array(gatewayFindingSchema)
    .describe('Findings about the gateway apart from single streams: leaks, wrong telemetry, shapes of time.'),
  thresholds: z
    .array(thresholdSchema)
    .optional()
    .describe('What became of each threshold of the scenario; absent: it has none.'),
  goodput: goodputSchema
    .optional()
    .describe('Streams that were complete and met every limit; absent: the scenario has no limits for its streams.'),
  report: originalReportSchema.describe("The original's report."),
  rerun: z
    .strictObject({
      stream: count.describe('The first stream that failed, else the slowest.'),
      command: z.string().describe('For a POSIX shell.'),
    })
    .optional()
    .describe(
      'Command that replays one stream alone: the first that failed, else the slowest; absent for the library.',
    ),
  rules: z.array(ruleCountSchema).describe('Rules that streams broke (error) or nearly broke (warning).'),
  faults: z.array(faultTallySchema).describe('How the gateway handled each injected fault.'),
  cancellations: z.array(cancellationSchema).describe('How long upstream streams continued after their clients left.'),
  metrics: metricsSchema.describe('Distribution of each time; excluded phases are not part of them.'),
  phases: z
    .array(phaseSummarySchema)
    .optional()
    .describe('What each phase of the load did; absent if the load is a plain burst.'),
  kinds: z
    .array(kindSummarySchema)
    .optional()
    .describe('What the streams of each kind did, those of excluded phases not counted; absent without a mix.'),
  overhead: overheadsSchema
    .nullable()
    .describe('What the gateway added to each time, with 95 % bootstrap intervals; null without a baseline.'),
  totalsOfAll: totalsSchema.describe('Sums over all streams, failed ones included.'),
  startSkewMs: measured.describe(
    "How far apart the first starts of the runner's threads were, each from its due instant, in ms; null with one thread.",
  ),
}

/** Lines of the files next to run.json. A file that was cut at the end of a line looks complete without it. */
export const linesSchema = z.strictObject({
  streams: count.describe('Lines of streams.ndjson.'),
  flights: count.describe('Lines of flights.ndjson.'),
})
/** The member `lines` of run.json. */
export type LineCounts = Immutable<z.infer<typeof linesSchema>>

const secondTimesSchema = z
  .strictObject({
    n: count.describe('Number of values.'),
    p50Ms: measured,
    p95Ms: measured,
    p99Ms: measured.describe('null below 100 values.'),
    maxMs: measured,
  })
  .meta({ id: 'secondPercentiles', description: 'Percentiles of the times of one second, in ms, within 0.8 %.' })
  .nullable()

const secondSchema = z
  .strictObject({
    second: count.describe('Second of the load, from 0.'),
    phase: count.describe('Index of the phase that the streams started in.'),
    starts: count.describe('Streams that started.'),
    dropped: count.describe('Starts that an open loop dropped.'),
    ends: count.describe('Streams that ended, in any way.'),
    failed: count.describe('Those of them that failed.'),
    open: count.describe('Streams open at the end of the second.'),
    deltas: count.describe('Deltas that arrived.'),
    lateMs: amount.describe('Largest delay of a start by the harness, in ms.'),
    ttft: secondTimesSchema.describe('Time to first token, by the arrival of the first delta; null: none arrived.'),
    transit: secondTimesSchema.describe('Transit times, by the arrival of each delta; null: not measured.'),
    gatewayCpuS: measured.describe('CPU time of the gateway, in s. This and what follows is of all phases together.'),
    gatewayMemoryBytes: measured.describe('Most memory of the gateway.'),
    activeStreams: measured.describe("Highest sample of the gateway's gauge of open streams."),
    runnerMemoryBytes: measured.describe("Resident memory of the runner's process."),
  })
  .meta({ id: 'second', description: 'One second and phase of the load.' })
/** One second of the load in the JSON of `--json-out`. */
export type SecondJson = Immutable<z.input<typeof secondSchema>>

const nullableInstant = instant.nullable()

const streamSchema = z
  .strictObject({
    stream_id: count.describe('Number of the stream.'),
    phase: count.optional().describe('Index of the phase of the load in which it started; absent: 0.'),
    status_code: count.nullable().describe('HTTP status; null: no response.'),
    ttfb_ms: measured.describe('Start to first body byte, in ms.'),
    duration_ms: measured.describe('Start to end, in ms.'),
    chunks_received: count.describe('Reads that carried body bytes.'),
    bytes_received: count.describe('Body bytes.'),
    error: z
      .enum([...failureKinds, 'aborted'])
      .nullable()
      .describe('Kind of failure, "aborted" if the harness ended the stream, null if it arrived complete.'),
    first_chunk_ts: measured.describe('First body byte, in seconds since 1970.'),
    last_chunk_ts: measured.describe('Last body byte, in seconds since 1970.'),
    outcome: z.enum(['whole', 'failed', 'aborted']).describe('"whole": arrived complete.'),
    error_phase: z.enum(phases).nullable().describe('How far the stream had come when it failed or was aborted.'),
    error_detail: z.string().nullable(),
    events_received: count.describe('SSE events.'),
    deltas_received: count.describe('Events with generated content.'),
    lateness_ms: measured.describe('Actual minus intended start, in ms.'),
    connect_ms: measured.describe('Start to connection, in ms.'),
    headers_ms: measured.describe('Request to response headers, in ms.'),
    ttft_ms: measured.describe('Start to first delta, in ms.'),
    largest_gap_ms: measured.describe('Largest gap between two deltas, in ms.'),
    findings: z.array(streamFindingSchema).describe('The first findings of each rule.'),
    raw_base64: z
      .string()
      .nullable()
      .describe('The last bytes (at most 1 KiB) of the read in which the stream failed, as base64.'),
    fault: z.string().nullable().describe('Fault that the mock was to inject, with its position.'),
    attempts: count.nullable().describe('Requests for this stream that reached the mock; null: not queried.'),
    client_fault: z.string().nullable().describe('Fault of the client, with its position.'),
    upstream: upstreamEndSchema.nullable().describe("How the mock's last answer to this stream ended, and when."),
    instants_ns: z
      .strictObject({
        intended: instant,
        started: instant,
        connected: nullableInstant,
        request_sent: nullableInstant,
        headers: nullableInstant,
        first_byte: nullableInstant,
        first_event: nullableInstant,
        first_delta: nullableInstant,
        last_delta: nullableInstant,
        last_byte: nullableInstant,
        ended: instant,
      })
      .describe('Instants on the clock of startedNs, in ns; null: not reached.'),
  })
  .meta({ id: 'stream' })
/** One stream in the JSON of `--json-out`. */
export type StreamJson = Immutable<z.input<typeof streamSchema>>

const { schemaVersion, tested, verdict, gatewayFindings, ...computed } = derivedShape

/** Schema of `ReportJson`. */
const reportSchema = z.strictObject({
  schemaVersion,
  tested,
  verdict,
  gatewayFindings,
  ...runHeaderSchema.shape,
  ...computed,
  seconds: z
    .array(secondSchema)
    .optional()
    .describe('Values over time: series with percentiles; absent if they were not measured.'),
  flights: z.array(flightSchema),
  streams: z.array(streamSchema).describe('At most 100,000, those that did not arrive complete first.'),
  streamsOmitted: count.optional().describe('Streams that are not listed because there are too many; absent: none.'),
})
/** What `--json-out` writes. */
export type ReportJson = Immutable<z.input<typeof reportSchema>>

/** The published JSON Schema of `--json-out` (and, as `#/$defs/runFile`, of run.json): the content of config/report.schema.json. */
export function reportJsonSchema(): object {
  const { $schema, $defs, properties, required } = z.toJSONSchema(reportSchema, { io: 'input' })
  const { seconds, streams, streamsOmitted, flights, ...runProperties } = properties ?? {}
  const own = ['flights', 'streams']
  const { $schema: _, ...lines } = z.toJSONSchema(linesSchema)
  return {
    $schema,
    $id: `urn:ccr-sse-stress:report:${reportSchemaVersion}`,
    title: 'Report of ccr-sse-stress',
    description:
      'Output of --json-out. run.json in a run folder has the same members without seconds, streams and flights, and the number of lines of their files: #/$defs/runFile.',
    type: 'object',
    $ref: '#/$defs/run',
    properties: { seconds, flights, streams, streamsOmitted },
    required: own,
    unevaluatedProperties: false,
    $defs: {
      runFile: { type: 'object', $ref: '#/$defs/run', properties: { lines }, unevaluatedProperties: false },
      run: {
        type: 'object',
        properties: runProperties,
        required: required?.filter((name) => !own.includes(name)),
      },
      ...$defs,
    },
  }
}
