import { z } from 'zod'
import { runPhases } from './run-phase.ts'
import { amount, count, type Immutable, instant, share } from './schema.ts'

/** Schema of `LoopDelay`. */
const loopDelaySchema = z.strictObject({
  p50Ms: amount,
  p99Ms: amount,
  maxMs: amount,
  totalMs: amount.describe('Sum of all delays.'),
})
/** How late an event loop was: how much longer than 20 ms each 20 ms timer took. */
export type LoopDelay = Immutable<z.infer<typeof loopDelaySchema>>

/** Schema of `Pause`. */
export const pauseSchema = z
  .strictObject({
    fromNs: instant.describe('Last timer tick before the pause, on the monotonic clock of its process.'),
    toNs: instant.describe('First timer tick after it.'),
    cpuMs: amount.optional().describe('CPU time of the thread during the pause, in ms; absent: not measured.'),
    cpuWaitMs: amount
      .optional()
      .describe('Time of the pause in which the thread was ready and waited for a CPU, in ms; absent: not measured.'),
  })
  .meta({ id: 'pause', description: 'An interval in which an event loop was paused.' })
/** An interval in which an event loop was paused: it was stopped, had no CPU, or was blocked. */
export type Pause = Immutable<z.infer<typeof pauseSchema>>

/** Schema of `InstrumentReadings`. */
export const instrumentReadingsSchema = z
  .strictObject({
    name: z.string().describe('Name of the thread, such as "runner" or "mock".'),
    wallMs: amount.describe('Duration of the measurement, in ms.'),
    loopDelay: loopDelaySchema
      .optional()
      .describe('How late the event loop was, in ms; absent if the load ended before a timer fired.'),
    loopBusyShare: share.describe(
      'Share of the time in which the event loop was busy (performance.eventLoopUtilization).',
    ),
    gc: z
      .strictObject({ count, totalMs: amount, longestMs: amount })
      .describe('Number, total and longest of the pauses of the garbage collector.'),
    cpuMs: amount.optional().describe('CPU time of the thread, in ms (/proc/thread-self/schedstat).'),
    cpuWaitMs: amount
      .optional()
      .describe('Time in which the thread was ready and waited for a CPU, in ms (/proc/thread-self/schedstat).'),
    heapUsedBytes: amount.describe('Most heap in use after a garbage collection or at the end.'),
    heapLimitBytes: amount.describe("V8's limit of the heap."),
    pauses: z
      .array(pauseSchema)
      .optional()
      .describe('The 200 longest pauses of at least 100 ms, in chronological order; absent: not measured.'),
  })
  .meta({ id: 'readings', description: 'What one thread of the harness measured of itself. Absent: not measured.' })
/** What one thread of the harness measured of itself during a load. Absent members could not be measured. */
export type InstrumentReadings = Immutable<z.infer<typeof instrumentReadingsSchema>>

/** Schema of `Left`. */
const leftSchema = z
  .strictObject({ left: count, limit: count })
  .meta({ id: 'left', description: 'A limit, and what was left of it when the most streams were open.' })
/** A limit, and how much of it was left at the peak of a load. */
export type Left = Immutable<z.infer<typeof leftSchema>>

/** Schema of `PausedPart`. */
export const pausedPartSchema = z.strictObject({
  name: z.string().describe('Name of the part, such as "mock" or "proxy gateway-mock".'),
  pauses: z.array(pauseSchema).describe('Its pauses of at least 100 ms.'),
})
/** A part of the harness that measures only its pauses. */
export type PausedPart = Immutable<z.infer<typeof pausedPartSchema>>

/** Schema of `MachineReadings`. */
const machineReadingsSchema = z.strictObject({
  stealShare: share.optional().describe('Share of all CPU time that the hypervisor gave to others (/proc/stat).'),
  cpu: z
    .strictObject({
      usedS: amount.describe('CPU time that all processes of the machine used, in s.'),
      totalS: amount.describe('CPU time that there was, in s.'),
    })
    .optional()
    .describe('CPU time of the machine during the load (/proc/stat).'),
  listenOverflows: count
    .optional()
    .describe('Connections that met a full accept queue, of any process (ListenOverflows).'),
  descriptors: leftSchema.optional().describe("File descriptors of the runner's process."),
  ports: leftSchema.optional().describe('Local ports to the target; those in TIME_WAIT count as used.'),
  suspendedMs: amount
    .optional()
    .describe(
      'Time in which the machine was suspended, in ms: progress of the time since boot minus progress of the monotonic clock.',
    ),
})
/** What the runner's machine went through during a load. Absent members could not be measured. */
export type MachineReadings = Immutable<z.infer<typeof machineReadingsSchema>>

/** Schema of `Instrument`. */
export const instrumentSchema = z.strictObject({
  runner: z.array(instrumentReadingsSchema).describe('Readings of each thread of the runner.'),
  machine: machineReadingsSchema.describe('Readings of the machine of the runner.'),
  proxies: z
    .array(pausedPartSchema)
    .optional()
    .describe('Readings of the fault proxies that this run started; absent: none.'),
})
/** What the harness measured of itself during a load. */
export type Instrument = Immutable<z.infer<typeof instrumentSchema>>

/** Schema of `FailedPart`. */
export const failedPartSchema = z
  .strictObject({
    part: z.enum(['runner', 'mock', 'proxy']).describe('Kind of the part.'),
    name: z.string().describe('Name of the part, such as "mock", "proxy gateway-mock" or "runner worker 2 of 4".'),
    state: z
      .enum(['ended', 'silent'])
      .describe('ended: its process or thread ended; silent: it did not answer in time.'),
    how: z.string().describe('How it ended, such as "signal SIGKILL", or the answer to the last request.'),
    phase: z.enum(runPhases).describe('Phase of the run in which this was noticed.'),
    lastLines: z.array(z.string()).describe('The last lines of its output.'),
  })
  .meta({ id: 'failedPart', description: 'A part of the harness that failed during a run.' })
/** A part of the harness that ended, or stopped answering, during a run. */
export type FailedPart = Immutable<z.infer<typeof failedPartSchema>>
