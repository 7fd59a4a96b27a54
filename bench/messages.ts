import { z } from 'zod'

/** What a client contender is asked to do. */
export interface ClientTask {
  readonly url: string
  readonly streams: number
  readonly chunks: number
  readonly delayMs: number
  readonly rampMs: number
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
  events: z.number(),
  /** Bytes of the bodies, where the client can tell them from HTTP's own. */
  bytes: z.number().optional(),
  /** Only where the client looks: start to first delta, and the gap between two deltas that 99 % stay below. */
  ttftP50Ms: z.number().optional(),
  gapP99Ms: z.number().optional(),
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
