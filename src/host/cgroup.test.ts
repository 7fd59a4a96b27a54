import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { asJson } from '../../test/fixtures/as-json.ts'
import { readControlGroup } from './cgroup.ts'

/** Reads the control group of process 7's container from the given files of its `/sys/fs/cgroup`. */
function read(files: Readonly<Record<string, string>>) {
  const prefix = '/proc/7/root/sys/fs/cgroup/'
  const reading = readControlGroup('/proc/7/root', (path) =>
    path.startsWith(prefix) ? files[path.slice(prefix.length)] : undefined,
  )
  return asJson(reading) as typeof reading
}

const v2 = {
  'cgroup.controllers': 'cpuset cpu io memory hugetlb pids rdma misc\n',
  'cpu.stat':
    'usage_usec 12345678\nuser_usec 9000000\nsystem_usec 3345678\ncore_sched.force_idle_usec 0\nnr_periods 420\nnr_throttled 37\nthrottled_usec 2500000\nnr_bursts 0\nburst_usec 0\n',
  'cpu.max': '150000 100000\n',
  'memory.peak': '268435456\n',
  'memory.max': '536870912\n',
  'memory.events': 'low 0\nhigh 0\nmax 96\noom 3\noom_kill 2\noom_group_kill 1\n',
}

test('cgroup v2: CPU time, throttling, limits, peak memory and OOM kills are read', () => {
  assert.deepEqual(read(v2), {
    cpuS: 12.345678,
    memoryPeakBytes: 2 ** 28,
    memoryLimitBytes: 2 ** 29,
    cpuLimit: 1.5,
    periods: 420,
    throttledPeriods: 37,
    throttledS: 2.5,
    oomKills: 2,
  })
})

test('cgroup v2: an unlimited resource has no limit, and counters of events that did not happen are 0', () => {
  const unlimited = {
    ...v2,
    'cpu.stat':
      'usage_usec 51234\nuser_usec 40000\nsystem_usec 11234\nnr_periods 0\nnr_throttled 0\nthrottled_usec 0\n',
    'cpu.max': 'max 100000\n',
    'memory.max': 'max\n',
    'memory.events': 'low 0\nhigh 0\nmax 0\noom 0\noom_kill 0\noom_group_kill 0\n',
  }
  const nothing = { periods: 0, throttledPeriods: 0, throttledS: 0, oomKills: 0 }
  assert.deepEqual(read(unlimited), { cpuS: 0.051234, memoryPeakBytes: 2 ** 28, ...nothing })
})

test('cgroup v2: values that an older kernel or a missing controller does not report are absent', () => {
  const { 'memory.peak': _, ...before519 } = v2
  assert.equal('memoryPeakBytes' in (read(before519) ?? {}), false)
  const onlyCpu = { 'cgroup.controllers': 'cpu\n', 'cpu.stat': 'usage_usec 2000000\nuser_usec 1\nsystem_usec 1\n' }
  assert.deepEqual(read(onlyCpu), { cpuS: 2 })
})

const v1 = {
  'cpu/cpu.stat': 'nr_periods 100\nnr_throttled 5\nthrottled_time 1250000000\n',
  'cpu/cpu.cfs_quota_us': '50000\n',
  'cpu/cpu.cfs_period_us': '100000\n',
  'cpuacct/cpuacct.usage': '12345678901\n',
  'memory/memory.max_usage_in_bytes': '134217728\n',
  'memory/memory.limit_in_bytes': '268435456\n',
  'memory/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 1\n',
}

test('cgroup v1: the same values are read from each controller, in its own units', () => {
  assert.deepEqual(read(v1), {
    cpuS: 12.345678901,
    memoryPeakBytes: 2 ** 27,
    memoryLimitBytes: 2 ** 28,
    cpuLimit: 0.5,
    periods: 100,
    throttledPeriods: 5,
    throttledS: 1.25,
    oomKills: 1,
  })
})

test('cgroup v1: -1 and the largest number of pages mean unlimited', () => {
  const limits = { 'cpu/cpu.cfs_quota_us': '-1\n', 'memory/memory.limit_in_bytes': '9223372036854771712\n' }
  const { cpuLimit, memoryLimitBytes, cpuS } = read({ ...v1, ...limits }) ?? {}
  assert.deepEqual([cpuLimit, memoryLimitBytes, cpuS], [undefined, undefined, 12.345678901])
})

test('cgroup v1: OOM kills are absent, not 0, on kernels before 4.13, which do not count them', () => {
  const reading = read({ ...v1, 'memory/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\n' })
  assert.equal('oomKills' in (reading ?? {}), false)
})

test('without a readable control group there is no reading', () => {
  assert.equal(read({}), undefined)
  assert.equal(read({ 'cgroup.controllers': '' }), undefined)
  assert.equal(readControlGroup('/nowhere'), undefined)
})

test('any file content yields finite numbers or nothing', () => {
  const content = fc.oneof(
    fc.string(),
    fc.constantFrom('max', 'max 100000', '-1', '', '\n', '0 0', 'NaN', '9223372036854771712'),
    fc.tuple(fc.constantFrom('usage_usec', 'nr_periods', 'oom_kill'), fc.string()).map((pair) => pair.join(' ')),
  )
  const version = fc.constantFrom<Readonly<Record<string, string>>>(v1, v2)
  const changes = fc.array(fc.tuple(fc.nat(10), content))
  fc.assert(
    fc.property(version, changes, (files, changed) => {
      const names = Object.keys(files)
      const broken = Object.fromEntries(changed.map(([at, text]) => [names[at % names.length], text]))
      for (const [name, value] of Object.entries(read({ ...files, ...broken }) ?? {}))
        assert.ok(Number.isFinite(value), `${name} ${value}`)
    }),
  )
})

const skip = !['/sys/fs/cgroup/cgroup.controllers', '/sys/fs/cgroup/cpuacct'].some(existsSync) && 'no control groups'

test('the control group of this machine or container has used CPU time', { skip }, () => {
  assert.ok((readControlGroup('/proc/self/root')?.cpuS ?? 0) > 0)
})
