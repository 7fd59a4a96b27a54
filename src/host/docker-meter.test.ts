import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asJson } from '../../test/fixtures/as-json.ts'
import { parseStats } from './docker-meter.ts'

/** The answer of engine 26.1 on cgroup v1, without members that are not read. */
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

/** The answer of the same engine on cgroup v2: no per-CPU usage, no maximum usage, other names. */
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

test('statistics on cgroup v1 are read, memory without the cache that the kernel would reclaim first', () => {
  assert.deepEqual(asJson(parseStats(v1)), {
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

test('statistics on cgroup v2 have no memory peak', () => {
  assert.deepEqual(asJson(parseStats(v2)), {
    cpuS: 0.0415,
    memoryBytes: 8_388_608 - 2_097_152,
    container: { cpuS: 0.0415, periods: 0, throttledPeriods: 0, throttledS: 0 },
  })
})

test('an old engine reports the cache only, and an ended container has no memory use', () => {
  const old = { ...v1, memory_stats: { usage: 100, stats: { cache: 30 } } }
  assert.equal(parseStats(old)?.memoryBytes, 70)
  const ended = { cpu_stats: { cpu_usage: { total_usage: 0 }, throttling_data: {} }, memory_stats: {} }
  assert.equal(parseStats(ended)?.memoryBytes, undefined)
})

test('invalid statistics are not a reading', () => {
  for (const stats of [undefined, null, 'no', [], {}, { cpu_stats: { cpu_usage: 1 }, memory_stats: {} }])
    assert.equal(parseStats(stats), undefined)
})
