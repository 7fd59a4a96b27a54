import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { platform } from 'node:os'
import { test } from 'node:test'
import { asJson } from '../../test/fixtures/as-json.ts'
import { type Machine, type MachineLimits, readLimits } from './limits.ts'

function machine(files: Readonly<Record<string, string>>): Machine {
  const host = { kernel: 'linux 6.1.0', cores: 8, memoryTotalBytes: 2 ** 34, memoryFreeBytes: 2 ** 33 }
  return { ...host, readText: (path) => files[path] }
}

const limitsOf = (files: Readonly<Record<string, string>>) => asJson(readLimits(machine(files))) as MachineLimits

const linux = {
  '/proc/self/limits':
    'Limit                     Soft Limit           Hard Limit           Units     \nMax cpu time              unlimited            unlimited            seconds   \nMax open files            1024                 524288               files     \n',
  '/proc/sys/net/ipv4/ip_local_port_range': '32768\t60999\n',
  '/proc/sys/net/core/somaxconn': '4096\n',
  '/proc/net/sockstat': 'sockets: used 28\nTCP: inuse 1 orphan 0 tw 17 alloc 1 mem 191\nUDP: inuse 0 mem 0\n',
  '/proc/meminfo': 'MemTotal:       16000000 kB\nMemFree:         1000000 kB\nMemAvailable:    8000000 kB\n',
}

test('the limits of a Linux machine are read from /proc', () => {
  assert.deepEqual(limitsOf(linux), {
    kernel: 'linux 6.1.0',
    cores: 8,
    memoryTotalBytes: 2 ** 34,
    memoryAvailableBytes: 8_192_000_000,
    descriptors: { soft: 1024, hard: 524_288 },
    ephemeralPorts: { first: 32_768, last: 60_999 },
    timeWaitSockets: 17,
    somaxconn: 4096,
  })
})

test('limits that the system does not report are undefined, not 0', () => {
  assert.deepEqual(limitsOf({ '/proc/sys/net/core/somaxconn': '', '/proc/self/limits': 'gibberish' }), {
    kernel: 'linux 6.1.0',
    cores: 8,
    memoryTotalBytes: 2 ** 34,
    memoryAvailableBytes: 2 ** 33,
  })
})

test('unlimited descriptors are Infinity', () => {
  const files = { '/proc/self/limits': 'Max open files            unlimited            unlimited            files \n' }
  assert.equal(readLimits(machine(files)).descriptors?.soft, Number.POSITIVE_INFINITY)
})

const v2 = { '/proc/self/cgroup': '0::/a/b\n', '/sys/fs/cgroup/cgroup.controllers': 'cpu memory\n' }

test('cgroup v2: the tightest limit of the group and its ancestors applies', () => {
  const files = {
    ...v2,
    '/sys/fs/cgroup/a/b/cpu.max': 'max 100000\n',
    '/sys/fs/cgroup/a/cpu.max': '150000 100000\n',
    '/sys/fs/cgroup/a/b/memory.max': '2147483648\n',
    '/sys/fs/cgroup/a/memory.max': '1073741824\n',
    '/sys/fs/cgroup/memory.max': 'max\n',
  }
  assert.deepEqual(limitsOf(files).cgroup, { version: 2, cpus: 1.5, memoryBytes: 2 ** 30 })
})

test('cgroup v2: if neither the group nor an ancestor has a limit, none is reported', () => {
  const files = { ...v2, '/sys/fs/cgroup/a/b/cpu.max': 'max 100000\n', '/sys/fs/cgroup/a/b/memory.max': 'max\n' }
  assert.deepEqual(limitsOf(files).cgroup, { version: 2 })
})

const v1 = { '/proc/self/cgroup': '4:memory:/docker/x\n2:cpu,cpuacct:/docker/x\n0::/\n' }

test("cgroup v1: limits are found by controller, at the mount point if the path is the host's", () => {
  const files = {
    ...v1,
    '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '50000\n',
    '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
    '/sys/fs/cgroup/memory/docker/x/memory.limit_in_bytes': '536870912\n',
    '/sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
  }
  assert.deepEqual(limitsOf(files).cgroup, { version: 1, cpus: 0.5, memoryBytes: 2 ** 29 })
})

test('cgroup v1: -1 and the largest number mean unlimited', () => {
  const files = {
    ...v1,
    '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1\n',
    '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
    '/sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
  }
  assert.deepEqual(limitsOf(files).cgroup, { version: 1 })
})

const skip = platform() !== 'linux' && 'needs /proc'

test('the limits of this machine can be read, and Node has raised its soft descriptor limit to the hard one', {
  skip,
}, () => {
  const module = JSON.stringify(new URL('./limits.ts', import.meta.url).href)
  const script = `const { readLimits } = await import(${module}); console.log(JSON.stringify(readLimits()))`
  const shell = 'ulimit -Sn 200; ulimit -Hn 300; exec "$0" --input-type=module -e "$1"'
  const { stdout } = spawnSync('/bin/sh', ['-c', shell, process.execPath, script], { encoding: 'utf8' })
  const limits = JSON.parse(stdout)
  assert.deepEqual(limits.descriptors, { soft: 300, hard: 300 })
  assert.ok(limits.cores >= 1)
  assert.ok(limits.ephemeralPorts.last > limits.ephemeralPorts.first)
})
