/**
 * From where on timing is `suspect`, and from where on `invalid`. Beside each is what was measured on 2 cores, with 100 to 2,000 streams
 * at once or over 1 s and delays of 0, 1 and 50 ms: the highest figure beside up to 3 busy processes (quiet), beside 5 to 9 (crowded), and
 * what the sabotage gave that is to be found. `invalid` lies at twice what is quiet or more, by one of its measures at least, and wants two
 * where one alone can be had by chance.
 */
export const timingLimits = {
  /**
   * Time that a thread waited for a CPU, of the load and of its own CPU time. Quiet: 58 %, 2.0 times. Crowded: 59 %, 5.8 times (a mock:
   * 48 %, 7.6 times, its loop 0.9 ms late). Pinned to a CPU with 2 busy loops: 74 to 83 %, 5 times; with 4: 87 to 89 %, 8 times;
   * with 8: 83 to 92 %, 10 to 15 times, and where the kernel does not schedule by groups (so that the mock, pinned too, gives the runner
   * less to do) 58 to 75 %, 9 to 10 times. Each list has what is enough.
   */
  cpuWait: {
    suspect: [{ ofLoad: 0.4, ofCpu: 2 }],
    invalid: [
      { ofLoad: 0.65, ofCpu: 4.5 },
      { ofLoad: 0.4, ofCpu: 7 },
    ],
    /** And the median delay of its loop, without which the wait did no harm. Quiet: 2.1 ms; crowded: 7.6 ms; pinned: 6 to 35 ms. */
    loopP50Ms: 4,
  },
  /** Quiet: p50 2.1 ms, p99 123 ms (in a load below 1 s). Crowded: p50 5.6 ms, p99 159 ms, all delays 42 % of the load. */
  loopDelay: {
    suspect: { p99Ms: 100 },
    invalid: { p50Ms: 50 },
    /** Or all delays together, of the load, with a p99 as of a stop. A mock that was stopped for half of the time: 69 %, 320 ms. */
    stopped: { share: 0.6, p99Ms: 250 },
  },
  /** Share in which the loop had work, with its median delay. Quiet: 78 % with 2 ms. Crowded: 99 % with 5 ms (a mock with no gateway). */
  loopBusy: { suspect: { share: 0.9, p50Ms: 3 }, invalid: { share: 0.95, p50Ms: 25 } },
  /**
   * Share of the load in the garbage collector, and the longest pause. Quiet: 5 % in 150 pauses of at most 12 ms. Crowded: 21 % in 52
   * pauses of at most 35 ms, as other processes hold those up too, beside 105 ms in another load. A runner of 500 streams with 24 MiB for
   * old objects: 18 %; with 32 MiB: 23 %. So that `invalid` wants so much of the heap in use, or a thread that had its CPU; or one pause
   * that nobody else explains.
   */
  gc: {
    suspect: { share: 0.1, longestMs: 150 },
    invalid: { share: 0.1, longestMs: 1000 },
    leastPauses: 10,
    leastHeap: 0.5,
  },
  /** Heap in use, of what V8 allows. Quiet: 1 %. With 8 % left V8 still went on, with 2 % it ended the process. */
  heap: { suspect: 0.75, invalid: 0.9 },
  /**
   * Lateness of starts of a ramp: p99, and for `invalid` p50; at least so many ms, or so much of the ramp. 1,000 streams over 1 s, quiet:
   * p50 6 ms, p99 46 ms; crowded: p50 168 ms, p99 740 ms.
   */
  lateness: { suspect: { p99Ms: 100, ofRamp: 0.1 }, invalid: { p50Ms: 400, ofRamp: 0.4 } },
  /**
   * The mock's pacing error: at least so many ms, or so much of the time between two deltas. From a delay of 10 ms on, quiet: p50 1.7 ms,
   * p90 6 ms, p99 40 ms; crowded: 8, 32 and 121 ms. A mock stopped for half of the time: p90 253 ms; for five sixths: p50 260 ms.
   */
  pacing: {
    suspect: { p50Ms: 20, p99Ms: 100, ofDelay: 0.2 },
    invalid: { p50Ms: 50, p50OfDelay: 0.25, p90Ms: 150, p90OfDelay: 1 },
  },
  /** CPU time that the hypervisor gave to others. Crowded: 12 %; a shared host: 31 %, beside loops that were p50 0.4 ms late. */
  steal: 0.15,
  /** Share of descriptors or local ports that is left: where none is, streams fail with local_resource, which is `invalid`. */
  left: 0.05,
} as const
