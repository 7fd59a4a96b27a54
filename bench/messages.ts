import { z } from 'zod'
import { histogramSchema } from '../src/model/histogram-snapshot.ts'

/** The task of a client contender. */
export interface ClientTask {
  readonly url: string
  readonly streams: number
  readonly chunks: number
  readonly delayMs: number
  readonly rampMs: number
  /** Whether our client records its timing errors, and other clients the gaps between reads. Costs some CPU time. */
  readonly isFollowed?: boolean
}

/** The same, with path and request body, for a client that does not share our code. */
export interface PostTask extends ClientTask {
  readonly path: string
  /** The body of each request, with `{stream}` in place of the stream's number. */
  readonly body: string
}

/** What a mock contender plays for prompts without a plan. */
export interface MockTask {
  readonly chunks: number
  readonly delayMs: number
}

/** The upstream of a gateway contender: the mock's URL, without a path. */
export interface GatewayTask {
  readonly upstream: string
}

/** A client's report. CPU is the user and system time of its process from the first start to the last end. */
export const clientReport = z.object({
  cpuUs: z.number(),
  peakRssMib: z.number(),
  whole: z.number(),
  /** Undefined if the client does not separate events. */
  events: z.number().optional(),
  /** Bytes of the bodies, if the client can separate them from HTTP's framing. */
  bytes: z.number().optional(),
  /** Only if the client measures them: time from start to first delta, and the p99 of the gaps between deltas. */
  ttftP50Ms: z.number().optional(),
  gapP99Ms: z.number().optional(),
  /** Only our client: deltas that match the plan, and findings of any rule. */
  verified: z.number().optional(),
  findings: z.number().optional(),
  /** Gaps between deltas, if recorded. Transit (only our client) is from the mock's stamp to the arrival. */
  interChunk: histogramSchema.optional(),
  transit: histogramSchema.optional(),
  /** Errors of the TTFT and of gaps, if recorded: see `ClockErrors`. */
  ttftError: histogramSchema.optional(),
  gapError: histogramSchema.optional(),
  /** p99 of actual minus intended start, in ms. */
  latenessP99Ms: z.number().optional(),
})
/** A parsed `clientReport`. */
export type ClientReport = z.infer<typeof clientReport>

/** A server is listening; `pid` is its process, which may have children. */
export const listening = z.object({ listening: z.string(), pid: z.number() })

/** A mock's report since it started to listen. */
export const mockReport = z.object({
  cpuUs: z.number(),
  deltas: z.number(),
  events: z.number(),
  bytes: z.number(),
  pacingP99Ms: z.number().optional(),
})
/** A parsed `mockReport`. */
export type MockReport = z.infer<typeof mockReport>
