/**
 * The limits from which timing is `suspect` or `invalid`. Each comment has measurements on 2 cores, with 100 to 2,000 streams at once
 * or over 1 s and delays of 0, 1 and 50 ms: the highest value with up to 3 busy processes (quiet), with 5 to 9 (crowded), and under
 * sabotage that must be detected. `invalid` is at least twice the quiet value in one of its measures, and requires two measures if one
 * alone can occur by chance.
 */
export const timingLimits = {
  /**
   * Time that a thread waited for a CPU, as a share of the load and as a multiple of its own CPU time; any entry of a list is enough.
   * Quiet: 58 %, 2.0 times. Crowded: 59 %, 5.8 times (a mock: 48 %, 7.6 times, its loop 0.9 ms late). Pinned to one CPU with 2 busy
   * loops: 74 to 83 %, 5 times; with 4: 87 to 89 %, 8 times; with 8: 83 to 92 %, 10 to 15 times. Without group scheduling in the kernel
   * (the mock, pinned too, then gives the runner less work): 58 to 75 %, 9 to 10 times.
   */
  cpuWait: {
    suspect: [{ ofLoad: 0.4, ofCpu: 2 }],
    invalid: [
      { ofLoad: 0.65, ofCpu: 4.5 },
      { ofLoad: 0.4, ofCpu: 7 },
    ],
    /** Also required: the median delay of its loop. Quiet: 2.1 ms; crowded: 7.6 ms; pinned: 6 to 35 ms. */
    loopP50Ms: 4,
  },
  /** Quiet: p50 2.1 ms, p99 123 ms (in a load below 1 s). Crowded: p50 5.6 ms, p99 159 ms, all delays 42 % of the load. */
  loopDelay: {
    suspect: { p99Ms: 100 },
    invalid: { p50Ms: 50 },
    /** Also invalid: the sum of all delays as a share of the load, with this p99. A mock stopped half of the time: 69 %, 320 ms. */
    stopped: { share: 0.6, p99Ms: 250 },
  },
  /**
   * The longest pause of an event loop during the load, and for `invalid` also the sum of all pauses from the `suspect` limit on.
   * Quiet: at most 39 ms in 10 loads, once 204 ms. Crowded: 281 ms, in sum 23 % of the load; with 10 busy processes 719 ms and 90 %,
   * which other limits call invalid too. Processes stopped by SIGSTOP for 0.5, 1 and 3 s: at least that long.
   */
  pause: { suspect: { longestMs: 150 }, invalid: { longestMs: 1000, total: { ms: 1000, ofLoad: 0.4 } } },
  /** Time in which the machine was suspended, in ms. The clocks that show it differ by at most 20 ms without a suspension. */
  suspended: 1000,
  /** Busy share of the loop, with its median delay. Quiet: 78 % with 2 ms. Crowded: 99 % with 5 ms (a mock without a gateway). */
  loopBusy: { suspect: { share: 0.9, p50Ms: 3 }, invalid: { share: 0.95, p50Ms: 25 } },
  /**
   * Share of the load in garbage collection, and the longest pause. Quiet: 5 % in 150 pauses of at most 12 ms. Crowded: 21 % in 52
   * pauses of at most 35 ms (105 ms in another load), because other processes prolong them. A runner of 500 streams with 24 MiB of old
   * space: 18 %; with 32 MiB: 23 %. So `invalid` also requires a heap in use, or a thread that had its CPU, or one very long pause.
   */
  gc: {
    suspect: { share: 0.1, longestMs: 150 },
    invalid: { share: 0.1, longestMs: 1000 },
    minPauses: 10,
    minHeap: 0.5,
  },
  /** Heap in use, as a share of V8's limit. Quiet: 1 %. V8 continued with 8 % left, and ended the process with 2 % left. */
  heap: { suspect: 0.75, invalid: 0.9 },
  /**
   * Lateness of the starts of a ramp: p99, and for `invalid` p50. The larger of the value in ms and the share of the ramp applies.
   * 1,000 streams over 1 s, quiet: p50 6 ms, p99 46 ms; crowded: p50 168 ms, p99 740 ms.
   */
  lateness: { suspect: { p99Ms: 100, ofRamp: 0.1 }, invalid: { p50Ms: 400, ofRamp: 0.4 } },
  /**
   * Lateness of the starts of an open loop. Times count from the intended start, so the limits are lower than those of a ramp. 200 starts
   * per second with 1,000 streams open and the mock beside them, crowded: p50 0.9 to 2.6 ms, p99 7.5 to 97 ms; with more than 10 busy
   * processes: p50 11 ms, p99 172 ms.
   */
  openLateness: { suspect: { p99Ms: 25 }, invalid: { p50Ms: 25 } },
  /**
   * The mock's pacing error. The larger of the value in ms and the share of the delay applies. With delays of at least 10 ms, quiet: p50
   * 1.7 ms, p90 6 ms, p99 40 ms; crowded: 8, 32 and 121 ms. A mock stopped half of the time: p90 253 ms; five sixths: p50 260 ms.
   */
  pacing: {
    suspect: { p50Ms: 20, p99Ms: 100, ofDelay: 0.2 },
    invalid: { p50Ms: 50, p50OfDelay: 0.25, p90Ms: 150, p90OfDelay: 1 },
  },
  /** Share of the streams of a direct-to-mock load that failed. Quiet and crowded: none. */
  baselineFailures: 0.05,
  /** Share of CPU time that the hypervisor gave to other guests. Crowded: 12 %; a shared host: 31 %, with loops p50 0.4 ms late. */
  steal: 0.15,
  /** Share of descriptors or local ports left. With none left streams fail with local_resource, which is `invalid`. */
  left: 0.05,
} as const
