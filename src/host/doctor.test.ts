import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeMachine } from './doctor.ts'
import type { MachineLimits } from './limits.ts'

const bare: MachineLimits = {
  kernel: 'darwin 24.0',
  cores: 8,
  memoryTotalBytes: 2 ** 34,
  memoryAvailableBytes: 2 ** 33,
}
const linux: MachineLimits = {
  ...bare,
  kernel: 'linux 6.1.0',
  descriptors: { soft: 20_000, hard: 20_000 },
  ephemeralPorts: { first: 32_768, last: 60_999 },
  timeWaitSockets: 17,
  somaxconn: 128,
  cgroup: { version: 2, cpus: 1.5, memoryBytes: 2 ** 30 },
}

test('on Linux, doctor prints the limits, the streams that they allow, and the limits to raise', () => {
  const lines = describeMachine(linux, { engine: '26.1.5', compose: '2.26.1' })
  assert.deepEqual(lines.slice(0, 8), [
    'This machine',
    '  kernel:      linux 6.1.0',
    '  cores:       8, limited to 1.5 by cgroup v2',
    '  memory:      16384 MiB, 8192 MiB available, limited to 1024 MiB by cgroup v2',
    '  descriptors: 20000 per process (hard limit 20000)',
    '  local ports: 28232 (32768-60999), 17 sockets in TIME_WAIT',
    '  backlog:     128 (net.core.somaxconn)',
    '  Docker:      engine 26.1.5, compose 2.26.1',
  ])
  const text = lines.join('\n')
  assert.match(text, /run: +9968 streams .*2 per stream in the gateway/)
  assert.match(text, /for 10000 streams: `ulimit -n 20064` as root/)
  assert.match(text, /stress: +19936 streams /)
  assert.match(text, /timing: +about 900 streams/)
  assert.match(text, /net\.core\.somaxconn=4096/)
})

test('there is no advice if the limits are high enough', () => {
  const ample = { ...linux, descriptors: { soft: 1e6, hard: 1e6 }, somaxconn: 4096 }
  assert.doesNotMatch(describeMachine(ample, {}).join('\n'), /ulimit|sysctl/)
})

test('unknown limits are reported as unknown, without a number', () => {
  const lines = describeMachine(bare, { fault: 'docker is not on PATH' })
  assert.equal(lines.filter((line) => line.includes('not known on this system')).length, 3)
  assert.equal(lines.filter((line) => line.includes('no known limit')).length, 2)
  assert.ok(lines.includes('  Docker:      not available (docker is not on PATH)'))
  assert.doesNotMatch(lines.join('\n'), /undefined|NaN|Infinity/)
})

test('an unlimited resource is not printed as a number', () => {
  const endless = { ...bare, descriptors: { soft: Infinity, hard: Infinity } }
  assert.doesNotMatch(describeMachine(endless, {}).join('\n'), /NaN|Infinity/)
})
