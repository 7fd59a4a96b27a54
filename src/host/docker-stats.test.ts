import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readingOfStats } from './docker-stats.ts'

/** As engine 26.1 answers on cgroup v1, less what is not read. */
const v1 = {
  cpu_stats: {
    cpu_usage: {
      total_usage: 30_271_942,
      percpu_usage: [18_000_000, 12_271_942],
      usage_in_kernelmode: 10_000_000,
      usage_in_usermode: 20_000_000,
    },
    system_cpu_usage: 15_613_190_000_000,
    online_cpus: 2,
    throttling_data: { periods: 7, throttled_periods: 3, throttled_time: 250_000_000 },
  },
  memory_stats: {
    usage: 9_437_184,
    max_usage: 12_582_912,
    stats: { cache: 4_194_304, inactive_file: 1, total_cache: 4_194_304, total_inactive_file: 1_048_576 },
    limit: 67_108_864,
  },
  pids_stats: { current: 1 },
}

/** As the same engine answers on cgroup v2: no per-CPU usage, no largest usage, other names. */
const v2 = {
  cpu_stats: {
    cpu_usage: { total_usage: 41_500_000, usage_in_kernelmode: 11_500_000, usage_in_usermode: 30_000_000 },
    system_cpu_usage: 15_613_190_000_000,
    online_cpus: 2,
    throttling_data: { periods: 0, throttled_periods: 0, throttled_time: 0 },
  },
  memory_stats: { usage: 8_388_608, stats: { anon: 4_194_304, file: 3_000_000, inactive_file: 2_097_152 }, limit: 1 },
  pids_stats: { current: 1, limit: 256 },
}

test("the engine's stats on cgroup v1 are read, memory without what the kernel would give back first", () => {
  assert.deepEqual(readingOfStats(v1), {
    cpuS: 0.030271942,
    memoryBytes: 9_437_184 - 1_048_576,
    container: {
      cpuS: 0.030271942,
      memoryPeakBytes: 12_582_912,
      periods: 7,
      throttledPeriods: 3,
      throttledS: 0.25,
    },
  })
})

test('those of cgroup v2 have no peak, and none is invented', () => {
  assert.deepEqual(readingOfStats(v2), {
    cpuS: 0.0415,
    memoryBytes: 8_388_608 - 2_097_152,
    container: { cpuS: 0.0415, periods: 0, throttledPeriods: 0, throttledS: 0 },
  })
})

test('those of an old engine know the cache alone, and those of a container that has ended nothing', () => {
  const old = { ...v1, memory_stats: { usage: 100, stats: { cache: 30 } } }
  assert.equal(readingOfStats(old).memoryBytes, 70)
  const ended = { cpu_stats: { cpu_usage: { total_usage: 0 }, throttling_data: {} }, memory_stats: {} }
  assert.equal('memoryBytes' in readingOfStats(ended), false)
})
