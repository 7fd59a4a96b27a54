import type { ContentChoice } from './content.ts'
import type { HistogramSnapshot } from './histogram.ts'
import type { Instrument, InstrumentReadings } from './instrument.ts'
import type { StreamRecord } from './record.ts'
import type { ProtocolName, Target } from './target.ts'

/** What to ask for: the flags of `run` and `stress`, checked. `chunks` and `delayMs` absent: the mock's own. */
export interface Scenario {
  readonly streams: number
  readonly chunks?: number
  readonly delayMs?: number
  readonly rampMs: number
  readonly timeoutS: number
  /** Silence, in s, after which a stream is given up: no delta, whatever else comes. */
  readonly idleS: number
  readonly content: ContentChoice
  /** What the mock does wrong, as `--fault` spells it; absent: nothing. */
  readonly faults?: readonly string[]
  /** What clients do wrong, as `--client-fault` spells it; absent: nothing. */
  readonly clientFaults?: readonly string[]
  readonly model: string
  readonly maxTokens: number
  readonly seed: number
  /** Number of the first stream (0 where absent): a stream's number and the seed are all that its texts and faults come from. */
  readonly firstStream?: number
  /** Streams that go first and are not counted. */
  readonly warmUpStreams: number
  /** How long what a load leaves behind may take to go, in s; 0 or absent: nobody looks. */
  readonly drainLimitS?: number
}

/** One experiment: the scenario, the protocol to speak, and whether to measure the direct-to-mock baseline. */
export interface Experiment {
  readonly scenario: Scenario
  readonly protocol: ProtocolName
  /** Absent: measured if there is a gateway and no fault. */
  readonly baseline?: boolean
}

/** What was tested, in words that nobody can take for something else. */
export interface GatewayIdentity {
  /**
   * `installed`: a program that `gateways install` brought, or the system's package manager. `custom`: an image or a container of the user's. `none`: straight to the mock. `unknown`: a load aims at a URL and
   * nobody said what stands there.
   */
  readonly kind: 'ccr-rust' | 'reference' | 'installed' | 'custom' | 'none' | 'unknown'
  /** Such as `ccr-rust 1.3.0` or `embedded reference gateway, not ccr-rust`. */
  readonly name: string
  readonly version?: string
  /** Path of the binary, or the URL. */
  readonly location: string
  /** What was set for it, one sentence each, such as `stream limit lifted (CCR_MAX_STREAMS=0)`. */
  readonly settings: readonly string[]
}

/** What a gateway says of itself at `/v1/usage`, with its own names; members it does not send are absent. */
export interface GatewayUsage {
  readonly total_requests?: number
  readonly total_failures?: number
  readonly total_input_tokens?: number
  readonly total_output_tokens?: number
  readonly active_streams?: number
  readonly active_requests?: number
}

/** The gateway's own telemetry around the load. Absent members were not measured. */
export interface GatewayTelemetry {
  readonly usageBefore?: GatewayUsage
  readonly usageAfter?: GatewayUsage
  /** Highest `active_streams` that a sample saw, and the number of samples. */
  readonly sampledPeak?: number
  readonly samples: number
  /** The gateway's own high-water mark (`ccr_peak_active_streams`), where this load raised it. */
  readonly highWaterMark?: number
}

/** What the gateway's container took during the load by its control group, and what it may take. Absent: not measured. */
export interface ContainerCost {
  readonly cpuS?: number
  /** The largest memory charged to it since it began, page cache included. */
  readonly memoryPeakBytes?: number
  readonly memoryLimitBytes?: number
  /** CPU time per wall time that it may have, in cores. */
  readonly cpuLimit?: number
  /** Scheduling periods in which it wanted CPU, those in which it was held back, and for how long in all. */
  readonly periods?: number
  readonly throttledPeriods?: number
  readonly throttledS?: number
  /** Processes in it that the kernel killed for memory. */
  readonly oomKills?: number
}

/**
 * What the gateway took during the load, all of its processes together, by /proc: CPU time (user and system), resident
 * memory, descriptors. Absent members were not measured.
 */
export interface GatewayCost {
  readonly cpuS?: number
  readonly memoryBeforeBytes?: number
  /** The largest since it began where it is one process, else the largest that a look each 250 ms saw. */
  readonly memoryPeakBytes?: number
  readonly memoryAfterBytes?: number
  readonly descriptorsBefore?: number
  readonly descriptorsPeak?: number
  readonly descriptorsAfter?: number
  readonly container?: ContainerCost
}

/** What the mock says it did; counts since it was started, or the difference over a load. */
export interface MockStats {
  readonly streamsOpen: number
  readonly streamsPeak: number
  readonly streamsServed: number
  readonly streamsAborted: number
  readonly requests: number
  readonly deltasSent: number
  /** SSE events and body bytes of all streams, as written. */
  readonly eventsSent: number
  readonly bytesSent: number
  /** Instant of writing minus the instant due, of each delta that no client held up by not reading. */
  readonly pacingError: HistogramSnapshot
  /** Processes that serve together, whose counts these are; absent: one. */
  readonly workers?: number
  /** What each of its processes measured of itself since it began to count; absent where it is of an older version. */
  readonly instrument?: readonly InstrumentReadings[]
}

/** One look at what a load may leave behind. Absent members could not be seen. */
export interface Remains {
  /** The gateway's own gauge of open streams. */
  readonly activeStreams?: number
  /** Streams that are open at the mock. */
  readonly mockStreams?: number
  /** Open descriptors of the gateway's processes, its connections among them. */
  readonly descriptors?: number
  /** Connections that the gateway has opened itself, to the mock: what is kept of them for the next stream is no leak. */
  readonly upstreamSockets?: number
  /** Sockets whose other end has left and that the gateway has not closed: CLOSE_WAIT. */
  readonly closeWaitSockets?: number
  /** Resident memory, in bytes. */
  readonly memoryBytes?: number
}

/** What was looked at after the load until all was as before it, or until the limit. */
export interface Drain {
  readonly limitS: number
  /** From the load's end to the last look, in ms. */
  readonly tookMs: number
  /** After the warm-up. */
  readonly before: Remains
  /** The last look. */
  readonly after: Remains
  /** When each was back and stayed so, in ms from the load's end; absent: not at the last look, or it could not be seen. */
  readonly backMs: Readonly<Partial<Record<keyof Remains, number>>>
  /** The gateway's counters at the last look, when nothing was on its way any more. */
  readonly usage?: GatewayUsage
  /** One more stream, that is not counted; absent where it said nothing of the gateway. */
  readonly probe?: { readonly whole: boolean; readonly fault?: string }
  /** What the gateway's health check said instead of 200; absent: 200, or nobody knows where to ask. */
  readonly healthFault?: string
}

/**
 * The mock's clock as seen from here: what it shows more than ours, and how wrong that may be, in ns. On one kernel (the same
 * boot id) both are the same clock.
 */
export interface MockClock {
  readonly isShared: boolean
  readonly offsetNs: number
  readonly errorNs: number
}

/** Blocks into which a load's streams are sorted by their number: what times vary by is told by how much the blocks do. */
export const blockCount = 10

/** Times of the deltas of one block of streams. */
export interface BlockTimes {
  readonly interChunk: HistogramSnapshot
  readonly transit?: HistogramSnapshot
}

/** Times of one block of a load that went straight to the mock: those of its streams and of their deltas. */
export interface DirectBlock extends BlockTimes {
  readonly connect: HistogramSnapshot
  readonly headers: HistogramSnapshot
  readonly ttft: HistogramSnapshot
}

/** One load straight to the mock, of as many streams at the same pace. */
export interface DirectWindow {
  /** Before or after the gateway's load. */
  readonly when: 'before' | 'after'
  readonly streams: number
  readonly whole: number
  readonly chunks: number
  readonly blocks: readonly DirectBlock[]
}

/** What the same load takes without the gateway, in the same run. */
export interface Baseline {
  readonly windows: readonly DirectWindow[]
  /** Times of the gateway's load, block by block. */
  readonly gateway: readonly BlockTimes[]
}

/** The time line of one stream: kept of those that failed, and of the worst of those that came whole. */
export interface Flight {
  readonly stream: number
  readonly why: 'failed' | 'worst'
  /** The longest that it let its client wait for a delta. */
  readonly longestWaitNs: number
  readonly startedNs: number
  readonly endedNs: number
  /** One delta of so many is there. */
  readonly stride: number
  /** When each delta was sent, by the mock's stamp (null: it had none that came whole), and when it came, in us since the start. */
  readonly deltas: readonly (readonly [sentUs: number | null, cameUs: number])[]
}

/** One run as plain data: everything that a verdict and a report are made from, and nothing that they say. */
export interface Run {
  readonly id: string
  /** Wall clock at the start, ISO 8601. */
  readonly startedAt: string
  /** The monotonic clock at that same instant, in ns. */
  readonly startedNs: number
  readonly harnessVersion: string
  readonly command: 'run' | 'stress'
  readonly scenario: Scenario
  readonly target: Target
  readonly gateway: GatewayIdentity
  /** What was wrong with the wire, as `--toxic` spells it; absent: nothing. */
  readonly toxics?: readonly string[]
  /** Threads that opened the streams (stream s was opened by number s modulo `runner`), and processes of the mock; absent: one. */
  readonly workers?: { readonly runner: number; readonly mock?: number }
  readonly records: readonly StreamRecord[]
  /** Gaps between two deltas of one stream, over all streams, the failed ones too. */
  readonly interChunk: HistogramSnapshot
  /**
   * From the mock's stamp to the arrival of each planned delta, what gateway and wires added to it, with the mock's own writing;
   * absent where mock and runner have no clock in common.
   */
  readonly transit?: HistogramSnapshot
  /** Absent where the mock could not be asked for its clock. */
  readonly mockClock?: MockClock
  /** Absent where nothing was measured without the gateway. */
  readonly baseline?: Baseline
  /** The failed streams first, then the worst, the slowest first. */
  readonly flights?: readonly Flight[]
  /** The words of the command line that asked for it. */
  readonly words?: readonly string[]
  readonly telemetry: GatewayTelemetry
  /** Absent where the gateway's process could not be seen. */
  readonly cost?: GatewayCost
  readonly mock?: MockStats
  /** What the harness measured of itself during the load; absent where no load was begun, or by an older version. */
  readonly instrument?: Instrument
  /** Absent where nobody looked. */
  readonly drain?: Drain
  /** Streams that the scenario asked for and that were never started, because the run was interrupted. */
  readonly notStarted: number
  readonly interruptedBy?: 'SIGINT' | 'SIGTERM'
  /** A process of the topology that died during the load, with its last words. */
  readonly died?: { readonly name: string; readonly how: string; readonly lastLines: readonly string[] }
}
