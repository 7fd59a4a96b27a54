/** How late an event loop was, in ms: of each 20 ms that a timer asked for, what it waited longer. */
export interface LoopDelay {
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  /** All of it together. */
  readonly totalMs: number
}

/** What one thread of ours went through during a load, as it saw it itself. Absent members could not be measured. */
export interface InstrumentReadings {
  /** Such as `runner` or `mock`. */
  readonly name: string
  /** How long was measured, in ms. */
  readonly wallMs: number
  /** Absent where the load was over before a timer fired. */
  readonly loopDelay?: LoopDelay
  /** Share (0 to 1) of the time in which the event loop did something (performance.eventLoopUtilization). */
  readonly loopBusyShare: number
  /** Pauses of the garbage collector. */
  readonly gc: { readonly count: number; readonly totalMs: number; readonly longestMs: number }
  /** CPU time that the thread got, in ms (/proc/thread-self/schedstat). */
  readonly cpuMs?: number
  /** Time that it was ready to go on and waited for a CPU, in ms (the same file). */
  readonly cpuWaitMs?: number
  /** Heap in use, the most that was seen after a collection or at the end; and what V8 allows. */
  readonly heapUsedBytes: number
  readonly heapLimitBytes: number
}

/** What there is a limit of, and what of it was left when a load had the most open. */
export interface Left {
  readonly left: number
  readonly limit: number
}

/** What happened to the machine of the runner during a load. Absent members could not be measured. */
export interface MachineReadings {
  /** Share (0 to 1) of all CPU time that the hypervisor gave to others (/proc/stat). */
  readonly stealShare?: number
  /** Connections that met a full accept queue of a listener, any process's (ListenOverflows). */
  readonly listenOverflows?: number
  /** File descriptors of the runner's process. */
  readonly descriptors?: Left
  /** Local ports for connections to where the load goes; those in TIME_WAIT are not left. */
  readonly ports?: Left
}

/** What the harness measured of itself during a load: each of the runner's threads, and their machine. */
export interface Instrument {
  readonly runner: readonly InstrumentReadings[]
  readonly machine: MachineReadings
}
