import { z } from 'zod'
import { histogramSchema } from '../src/model/histogram-snapshot.ts'

/** What a client contender is asked to do. */
export interface ClientTask {
  readonly url: string
  readonly streams: number
  readonly chunks: number
  readonly delayMs: number
  readonly rampMs: number
  /** Whether ours is to follow by how much each of its instants is off, and others the gaps between their reads; costs a little. */
  readonly isFollowed?: boolean
}

/** What is told beside it to a client that does not share our code: what to post, and where. */
export interface PostTask extends ClientTask {
  readonly path: string
  /** The body of each request, `{stream}` in the place of the stream's number. */
  readonly body: string
}

/** What a mock contender plays to prompts that carry no plan. */
export interface MockTask {
  readonly chunks: number
  readonly delayMs: number
}

/** What a gateway contender stands before: the mock's URL, with no path. */
export interface GatewayTask {
  readonly upstream: string
}

/** A client's account of its load. CPU is user and system time of its process from the first start to the last end. */
export const clientReport = z.object({
  cpuUs: z.number(),
  peakRssMib: z.number(),
  whole: z.number(),
  /** Absent where the client does not tell events apart. */
  events: z.number().optional(),
  /** Bytes of the bodies, where the client can tell them from HTTP's own. */
  bytes: z.number().optional(),
  /** Only where the client looks: start to first delta, and the gap between two deltas that 99 % stay below. */
  ttftP50Ms: z.number().optional(),
  gapP99Ms: z.number().optional(),
  /** Of ours: deltas that were found to be the planned ones, and findings of any rule. */
  verified: z.number().optional(),
  findings: z.number().optional(),
  /** Gaps between two deltas, of ours and of what is asked to follow them; of ours, from the mock's stamp to the arrival of each. */
  interChunk: histogramSchema.optional(),
  transit: histogramSchema.optional(),
  /** Of a client that is asked for them: transit of each stream's first delta, and by how much each gap differs from that of the stamps. */
  ttftError: histogramSchema.optional(),
  gapError: histogramSchema.optional(),
  /** Actual less intended start that 99 % of the streams stay below, in ms. */
  latenessP99Ms: z.number().optional(),
})
/** What `clientReport` reads. */
export type ClientReport = z.infer<typeof clientReport>

/** A server listens; `pid` is its process, others may be below it. */
export const listening = z.object({ listening: z.string(), pid: z.number() })

/** A mock's account since it listened. */
export const mockReport = z.object({
  cpuUs: z.number(),
  deltas: z.number(),
  events: z.number(),
  bytes: z.number(),
  pacingP99Ms: z.number().optional(),
})
/** What `mockReport` reads. */
export type MockReport = z.infer<typeof mockReport>
