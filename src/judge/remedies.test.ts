import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  abortedRecord,
  beginNs,
  failedRecord,
  histogramOfMs,
  instrument,
  mockStats,
  ms,
  readings,
  records,
  runOf,
  unconnectedRecord,
  wholeRecord,
} from '../../test/fixtures/runs.ts'
import type { FailedPart, InstrumentReadings } from '../model/instrument.ts'
import type { Run } from '../model/run.ts'
import { harnessChecks, harnessFailures } from './harness-failures.ts'
import { machineChecks } from './machine-checks.ts'
import { remedies } from './remedies.ts'
import { mockPacing, startLateness } from './schedule-checks.ts'
import { threadChecks } from './thread-checks.ts'
import { reasonsOf } from './timing-check.ts'

const mib = 2 ** 20
const lateLoop = { p50Ms: 1, p99Ms: 180, maxMs: 240, totalMs: 800 }
const busyLoop = { p50Ms: 30, p99Ms: 90, maxMs: 99, totalMs: 900 }
const starved = { cpuMs: 200, cpuWaitMs: 900 }
const stopped = { pauses: [{ fromNs: beginNs, toNs: beginNs + 700 * ms, cpuMs: 2, cpuWaitMs: 3 }] }
const littleHeap = { heapUsedBytes: 95 * mib, heapLimitBytes: 4288 * mib }
const fullHeap = { heapUsedBytes: 70 * mib, heapLimitBytes: 100 * mib }

/** For each check of a thread: what it measured, and the sentence with the remedy that fits these numbers. */
const ofThreads: readonly (readonly [id: string, members: Partial<InstrumentReadings>, sentence: string])[] = [
  [
    'cpu_wait',
    { cpuMs: 200, cpuWaitMs: 1000 },
    'The runner waited for a CPU for 50 % of the load, 5.0 times its own CPU time (limit 40 % and 2 times). Stop other processes, give it more CPUs, or use fewer streams.',
  ],
  [
    'loop_delay',
    { loopDelay: lateLoop, ...stopped },
    "The runner's event loop was late: p50 1.0 ms, p99 180 ms, max 240 ms, 40 % of the load (limit p99 100 ms). Run again, and do not stop or freeze it during the load.",
  ],
  [
    'loop_delay',
    { loopDelay: lateLoop, cpuMs: 400, cpuWaitMs: 500 },
    "The runner's event loop was late: p50 1.0 ms, p99 180 ms, max 240 ms, 40 % of the load (limit p99 100 ms). Stop other processes, give it more CPUs, or use fewer streams.",
  ],
  [
    'loop_delay',
    { loopDelay: { ...lateLoop, totalMs: 180 }, gc: { count: 40, totalMs: 160, longestMs: 9 }, ...littleHeap },
    "The runner's event loop was late: p50 1.0 ms, p99 180 ms, max 240 ms, 9 % of the load (limit p99 100 ms). Use fewer streams: the pauses come from short-lived objects, not from a lack of heap.",
  ],
  [
    'loop_delay',
    { loopDelay: lateLoop, loopBusyShare: 0.8 },
    "The runner's event loop was late: p50 1.0 ms, p99 180 ms, max 240 ms, 40 % of the load (limit p99 100 ms). Use fewer streams or a longer --delay-ms.",
  ],
  [
    'loop_delay',
    { loopDelay: lateLoop, loopBusyShare: 0.2 },
    "The runner's event loop was late: p50 1.0 ms, p99 180 ms, max 240 ms, 40 % of the load (limit p99 100 ms). Use fewer streams, or stop other programs that use the CPU.",
  ],
  [
    'loop_busy',
    { loopBusyShare: 0.97, loopDelay: busyLoop, cpuMs: 1900, cpuWaitMs: 20 },
    'The runner was saturated: event loop 97 % busy, median delay 30 ms (limit 95 % and 25 ms). Use fewer streams or a longer --delay-ms.',
  ],
  [
    'loop_busy',
    { loopBusyShare: 0.97, loopDelay: busyLoop, ...starved },
    'The runner was saturated: event loop 97 % busy, median delay 30 ms (limit 95 % and 25 ms). Stop other processes, give it more CPUs, or use fewer streams.',
  ],
  [
    'loop_busy',
    { loopBusyShare: 0.97, loopDelay: busyLoop, gc: { count: 90, totalMs: 1200, longestMs: 40 }, ...fullHeap },
    'The runner was saturated: event loop 97 % busy, median delay 30 ms (limit 95 % and 25 ms). Use fewer streams, or a larger heap (NODE_OPTIONS=--max-old-space-size=N).',
  ],
  [
    'garbage_collection',
    { gc: { count: 63, totalMs: 380, longestMs: 44 }, ...fullHeap },
    'Garbage collection took 19 % of the load (63 pauses, longest 44 ms; limit 10 % or 1000 ms) in the runner, with 70 of 100 MiB of heap. Use fewer streams, or a larger heap (NODE_OPTIONS=--max-old-space-size=N).',
  ],
  [
    'garbage_collection',
    { gc: { count: 63, totalMs: 380, longestMs: 12 }, ...littleHeap },
    'Garbage collection took 19 % of the load (63 pauses, longest 12 ms; limit 10 % or 1000 ms) in the runner, with 95 of 4288 MiB of heap. Use fewer streams: the pauses come from short-lived objects, not from a lack of heap.',
  ],
  [
    'garbage_collection',
    { gc: { count: 12, totalMs: 600, longestMs: 70 }, ...littleHeap },
    'Garbage collection took 30 % of the load (12 pauses, longest 70 ms; limit 10 % or 1000 ms) in the runner, with 95 of 4288 MiB of heap. Run Node.js with --semi-space-growth-factor=1: the pauses come from a large young generation, not from a lack of heap.',
  ],
  [
    'garbage_collection',
    { gc: { count: 63, totalMs: 380, longestMs: 44 }, ...littleHeap, ...starved },
    'Garbage collection took 19 % of the load (63 pauses, longest 44 ms; limit 10 % or 150 ms) in the runner, with 95 of 4288 MiB of heap. Stop other processes, give it more CPUs, or use fewer streams.',
  ],
  [
    'garbage_collection',
    { gc: { count: 1, totalMs: 1200, longestMs: 1200 }, ...littleHeap },
    'Garbage collection took 60 % of the load (1 pause, longest 1200 ms; limit 10 % or 1000 ms) in the runner, with 95 of 4288 MiB of heap. Collecting such a small heap takes only a few ms: check for swapping and for processes that use its CPU.',
  ],
  [
    'heap',
    { heapUsedBytes: 80 * mib, heapLimitBytes: 100 * mib },
    "The runner's heap is nearly full: 80 of 100 MiB (limit 75 %). Use fewer streams, or a larger heap (NODE_OPTIONS=--max-old-space-size=N).",
  ],
]

const ofMachine: readonly (readonly [id: string, run: ReturnType<typeof instrument>, sentence: string])[] = [
  [
    'suspended',
    instrument({ suspendedMs: 12_345 }),
    'The machine was suspended for 12.3 s (limit 1.0 s). Run again, and keep the machine awake during the load.',
  ],
  [
    'cpu_steal',
    instrument({ stealShare: 0.3 }),
    "The hypervisor gave 30 % of this machine's CPU time to other guests (steal, limit 15 %). Measure when the host is idle, or on a dedicated machine.",
  ],
  [
    'listen_overflows',
    instrument({ listenOverflows: 7 }),
    "On this machine 7 connections met a full accept queue (ListenOverflows, limit 0), and each was retried after 1 s. Raise net.core.somaxconn or the listener's backlog, or spread the starts with --ramp-ms.",
  ],
  [
    'descriptors',
    instrument({ descriptors: { left: 3, limit: 256 } }),
    'The runner nearly ran out of file descriptors: 3 of 256 left (limit 5 %). Raise `ulimit -n`, or use fewer streams.',
  ],
  [
    'local_ports',
    instrument({ ports: { left: 0, limit: 28_232 } }),
    'The runner nearly ran out of local ports: 0 of 28232 left (limit 5 %). Widen net.ipv4.ip_local_port_range, wait for ports in TIME_WAIT, or use fewer streams.',
  ],
]

const withRunner = (run: Run, members: Partial<InstrumentReadings>): Run => ({
  ...run,
  instrument: { ...instrument(), runner: [readings('runner', members)] },
})
const lateStarts = runOf(
  records(100, (stream) => wholeRecord(stream, { intendedNs: beginNs - 150 * ms })),
  { scenario: { rampMs: 1000 } },
)
const lateText = 'The runner started its streams late: p50 150 ms, p99 150 ms (limit p99 100 ms).'
const withMock = (members: Partial<InstrumentReadings>): Run =>
  runOf(records(100), {
    mock: {
      ...mockStats(100),
      pacingError: histogramOfMs(Array.from({ length: 100 }, () => 90)),
      instrument: [readings('mock', members)],
    },
    scenario: { delayMs: 50 },
  })
const pacingText =
  'The mock sent its deltas late: p50 90 ms, p90 90 ms, p99 90 ms, with 50 ms between deltas (limit p50 50 ms or p90 150 ms).'

const ofSchedule: readonly (readonly [id: string, run: Run, sentence: string])[] = [
  ['start_lateness', lateStarts, `${lateText} Use a longer --ramp-ms or fewer streams.`],
  ['start_lateness', withRunner(lateStarts, starved), `${lateText} ${remedies.moreCpu}`],
  ['start_lateness', withRunner(lateStarts, stopped), `${lateText} ${remedies.keepRunning}`],
  ['mock_pacing', withMock({}), `${pacingText} Use fewer streams or a longer --delay-ms.`],
  ['mock_pacing', withMock(starved), `${pacingText} ${remedies.moreCpu}`],
  ['mock_pacing', withMock(stopped), `${pacingText} ${remedies.keepRunning}`],
]

const lacking = (detail: string) =>
  runOf([
    ...records(99),
    { ...unconnectedRecord(99), outcome: { state: 'failed', phase: 'connect', kind: 'local_resource', detail } },
  ])
const failing = (members: Pick<FailedPart, 'part' | 'name' | 'state' | 'how'>) =>
  runOf(records(3), { failedParts: [{ phase: 'load', lastLines: [], ...members }] })
const mockThat = (state: FailedPart['state'], how: string) => failing({ part: 'mock', name: 'mock', state, how })
const workerThat = (state: FailedPart['state'], how: string) =>
  failing({ part: 'runner', name: 'runner worker 2 of 4', state, how })
const belowPeak = runOf(
  records(100, (stream) => {
    const startedNs = beginNs + stream * 4 * ms
    return wholeRecord(stream, { intendedNs: beginNs, startedNs, endedNs: startedNs + 200 * ms })
  }),
  { scenario: { chunks: 11, delayMs: 20 } },
)
const belowPeakText =
  'Only 50 of 100 streams were open at once: the starts took 396 ms (planned 0 ms), longer than the shortest stream (200 ms).'
const lackText = '1 of 100 streams failed on this machine: out of'

const ofHarness: readonly (readonly [id: string, run: Run, sentence: string])[] = [
  [
    'failed_part',
    mockThat('ended', 'signal SIGKILL'),
    'The mock died (signal SIGKILL) during the load. Check whether the kernel killed it because memory ran out (`dmesg`).',
  ],
  [
    'failed_part',
    mockThat('ended', 'exit status 70'),
    'The mock died (exit status 70) during the load. Its last log lines show the reason.',
  ],
  [
    'failed_part',
    mockThat('silent', 'no answer at http://127.0.0.1:9999'),
    'The mock stopped answering (no answer at http://127.0.0.1:9999) during the load. Check that it is running, not stopped, and reachable.',
  ],
  [
    'failed_part',
    failing({ part: 'proxy', name: 'proxy gateway-mock', state: 'ended', how: 'its container ended with status 137' }),
    'The proxy gateway-mock died (its container ended with status 137) during the load. Check whether the kernel killed it because memory ran out (`dmesg`).',
  ],
  [
    'failed_part',
    workerThat('ended', 'out of memory'),
    'The runner worker 2 of 4 died (out of memory) during the load. Use fewer streams or more --workers.',
  ],
  [
    'failed_part',
    workerThat('ended', 'exit code 7'),
    'The runner worker 2 of 4 died (exit code 7) during the load. This is a bug in ccr-sse-stress; please report it.',
  ],
  [
    'failed_part',
    workerThat('silent', 'no heartbeat for 10 s'),
    'The runner worker 2 of 4 stopped answering (no heartbeat for 10 s) during the load. Use fewer streams, or stop other programs that use the CPU.',
  ],
  [
    'local_resource',
    lacking('connect EMFILE 127.0.0.1:3456'),
    `${lackText} file descriptors (EMFILE). Run \`ccr-sse-stress doctor\`.`,
  ],
  [
    'local_resource',
    lacking('connect EADDRNOTAVAIL 127.0.0.1:3456'),
    `${lackText} local ports (EADDRNOTAVAIL). Run \`ccr-sse-stress doctor\`.`,
  ],
  [
    'local_resource',
    lacking('connect EADDRINUSE 127.0.0.1:3456'),
    `${lackText} local ports (EADDRINUSE). Run \`ccr-sse-stress doctor\`.`,
  ],
  [
    'local_resource',
    lacking('connect ENFILE'),
    `${lackText} system-wide file descriptors (ENFILE). Raise fs.file-max, or use fewer streams.`,
  ],
  [
    'local_resource',
    lacking('connect ENOBUFS'),
    `${lackText} socket memory (ENOBUFS). Raise net.ipv4.tcp_mem, or use fewer streams.`,
  ],
  ['local_resource', lacking('connect ENOMEM'), `${lackText} memory (ENOMEM). Free memory, or use fewer streams.`],
  [
    'local_resource',
    lacking('connect EWHATEVER'),
    '1 of 100 streams failed on this machine: connect EWHATEVER. Run `ccr-sse-stress doctor`.',
  ],
  [
    'internal_error',
    runOf([...records(9), failedRecord(9, 'internal_error', { detail: 'TypeError: x' })]),
    '1 of 10 streams failed in ccr-sse-stress itself. This is a bug in ccr-sse-stress; please report it. Stream 9: TypeError: x',
  ],
  [
    'not_loaded',
    runOf(records(3), { scenario: { streams: 10 } }),
    '7 of 10 streams were never started, although the run was not interrupted. This is a bug in ccr-sse-stress; please report it.',
  ],
  [
    'not_loaded',
    runOf(records(3, abortedRecord)),
    'No stream ended by itself, although the run was not interrupted. This is a bug in ccr-sse-stress; please report it.',
  ],
  [
    'not_loaded',
    runOf(records(3, abortedRecord), { interruptedBy: 'SIGINT' }),
    'Interrupted by SIGINT before any stream ended',
  ],
  [
    'stopped',
    runOf([], {
      stopped: { phase: 'load', why: 'runner worker 1 of 2 ran out of memory. Use fewer streams.' },
      scenario: { streams: 9 },
    }),
    'The run ended during the load: runner worker 1 of 2 ran out of memory. Use fewer streams.',
  ],
  ['missed_peak', belowPeak, `${belowPeakText} Use fewer streams or longer ones.`],
  ['missed_peak', withRunner(belowPeak, starved), `${belowPeakText} ${remedies.moreCpu}`],
  ['missed_peak', withRunner(belowPeak, stopped), `${belowPeakText} ${remedies.keepRunning}`],
]

describe('the remedy of a reason fits its own numbers', () => {
  for (const [id, members, sentence] of ofThreads) {
    it(`${id}: ${sentence}`, () => {
      const check = threadChecks.filter((candidate) => candidate.id === id)
      assert.deepEqual(
        reasonsOf(check, readings('runner', members)).map((reason) => reason.sentence),
        [sentence],
      )
    })
  }

  for (const [id, measured, sentence] of ofMachine) {
    it(`${id}: ${sentence}`, () => {
      assert.deepEqual(
        reasonsOf(machineChecks, measured.machine).map((reason) => reason.sentence),
        [sentence],
      )
    })
  }

  for (const [id, run, sentence] of ofSchedule) {
    it(`${id}: ${sentence}`, () => {
      assert.deepEqual(
        reasonsOf([startLateness, mockPacing], run).map((reason) => reason.sentence),
        [sentence],
      )
    })
  }

  for (const [id, run, sentence] of ofHarness) {
    it(`${id}: ${sentence}`, () => assert.deepEqual(harnessFailures(run), [sentence]))
  }

  it('is tested for every check and every remedy', () => {
    const rows = [...ofThreads, ...ofMachine, ...ofSchedule, ...ofHarness]
    const checks = [...threadChecks, ...machineChecks, startLateness, mockPacing, ...harnessChecks]
    assert.deepEqual(new Set(rows.map(([id]) => id)), new Set(checks.map(({ id }) => id)))
    for (const remedy of Object.values(remedies))
      assert.ok(
        rows.some(([, , sentence]) => sentence.endsWith(remedy)),
        remedy,
      )
  })
})
