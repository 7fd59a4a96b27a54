/**
 * From where on timing is `suspect`, and from where on `invalid`. Beside each is what was measured on 2 cores: quiet (100 to 2,000
 * streams at once or over 1 s, delays of 0, 1 and 50 ms, 3 other busy processes at most), and with the sabotage that it is to find.
 * The limits of `invalid` lie at twice the highest quiet figure or more, or want two measures at once.
 */
export const timingLimits = {
  /**
   * Time that a thread waited for a CPU: of the load, and of its own CPU time; both have to be reached. Quiet: 58 % at most, and
   * 2.0 times. Pinned to a CPU with 2 busy loops: 74 to 83 %, 5 times; with 4: 87 to 89 %, 8 times.
   */
  cpuWait: {
    suspect: { ofLoad: 0.4, ofCpu: 2 },
    invalid: { ofLoad: 0.6, ofCpu: 4 },
    /** And the median delay of its loop, without which the wait did no harm. Quiet: 2.1 ms at most; pinned: 6 to 27 ms. */
    loopP50Ms: 3,
  },
  /** Quiet: p50 5.6 ms at most, all delays together 42 % of the load at most, p99 160 ms at most (in loads below 1 s). */
  loopDelay: {
    suspect: { p99Ms: 100 },
    invalid: { p50Ms: 50 },
    /** Or all delays together, of the load, with a p99 as of a stop. A runner that was stopped for 0.5 s of each 0.7 s: 70 %. */
    stopped: { share: 0.6, p99Ms: 250 },
  },
  /** Share in which the loop had work, with its median delay. Quiet: 99 % at most with 5 ms (a mock alone at 1,000 streams). */
  loopBusy: { suspect: { share: 0.9, p50Ms: 3 }, invalid: { share: 0.95, p50Ms: 25 } },
  /**
   * Share of the load in the garbage collector, for `invalid` in 10 pauses or more, and the longest pause. Quiet: 3 % in 10 pauses or
   * more, 17 % in 2 of a load of 0.5 s; 105 ms. A runner of 500 streams with 24 MiB for old objects: 18 %, with 32 MiB 25 %.
   */
  gc: { suspect: { share: 0.05, longestMs: 150 }, invalid: { share: 0.1, longestMs: 1000 }, leastPauses: 10 },
  /** Heap in use, of what V8 allows. Quiet: 1 %. */
  heap: { suspect: 0.75, invalid: 0.9 },
  /**
   * Lateness of starts of a ramp: p99, and for `invalid` p50; at least so many ms, or so much of the ramp. Quiet: p50 6 ms, p99 50 ms
   * (1,000 streams over 1 s).
   */
  lateness: { suspect: { p99Ms: 100, ofRamp: 0.1 }, invalid: { p50Ms: 200, ofRamp: 0.2 } },
  /**
   * The mock's pacing error: at least so many ms, or so much of the time between two deltas. Quiet: p50 8 ms, p90 31 ms, p99 85 ms at
   * most from a delay of 10 ms on. A mock stopped for half of the time: p50 3 ms, p90 250 ms; for five sixths: p50 260 ms.
   */
  pacing: {
    suspect: { p50Ms: 20, p99Ms: 100, ofDelay: 0.2 },
    invalid: { p50Ms: 50, p50OfDelay: 0.25, p90Ms: 150, p90OfDelay: 1 },
  },
  /** CPU time that the hypervisor gave to others. Quiet: 3 % at most. */
  steal: { suspect: 0.1, invalid: 0.3 },
  /** Share of descriptors or local ports that is left: where none is, streams fail with local_resource, which is `invalid`. */
  left: 0.05,
} as const
