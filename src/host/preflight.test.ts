import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EnvironmentError } from '../base/errors.ts'
import { streamBounds } from './capacity.ts'
import type { MachineLimits } from './limits.ts'
import { preflight } from './preflight.ts'

const unknown: MachineLimits = { kernel: 'linux', cores: 2, memoryTotalBytes: 1, memoryAvailableBytes: 1 }
const limits: MachineLimits = {
  ...unknown,
  descriptors: { soft: 20_000, hard: 20_000 },
  ephemeralPorts: { first: 32_768, last: 60_999 },
}

function rejection(streams: number, descriptorsPerStream: 1 | 2, machine: MachineLimits): string {
  let message = ''
  assert.throws(
    () => preflight({ streams, descriptorsPerStream }, machine),
    (error) => {
      assert.ok(error instanceof EnvironmentError)
      message = error.message
      return true
    },
  )
  return message
}

test('the tightest bound comes first: descriptors of the gateway at two per stream, then ports', () => {
  const bounds = streamBounds(limits, 2).map(({ resource, streams }) => [resource, streams])
  assert.deepEqual(bounds, [
    ['descriptors', 9968],
    ['ports', 22_585],
  ])
})

test('the highest possible number of streams passes, and one more is rejected', () => {
  preflight({ streams: 9968, descriptorsPerStream: 2 }, limits)
  preflight({ streams: 19_936, descriptorsPerStream: 1 }, limits)
  assert.match(rejection(9969, 2, limits), /^--streams 9969 needs 20002 file descriptors; .* at most 9968 streams /)
  assert.throws(
    () => preflight({ streams: 9969, phases: [], descriptorsPerStream: 2 }, limits),
    /^EnvironmentError: A load with up to 9969 open streams needs 20002 .* Raise the limit or use a smaller --max-streams: /,
  )
  assert.match(rejection(19_937, 1, limits), /^--streams 19937 needs 20001 file descriptors; .* at most 19936 streams /)
})

test('up to the hard limit, the advice is a shell command; above it, a command for root', () => {
  const soft = { ...limits, descriptors: { soft: 1024, hard: 20_000 } }
  assert.match(rejection(5000, 2, soft), /: `ulimit -n 10064` in this shell$/)
  assert.match(
    rejection(10_000, 2, soft),
    /: `ulimit -n 20064` as root, `sudo prlimit --pid \$\$ --nofile=20064:20064`/,
  )
})

test('too few ports are reported with the range to set, or with the maximum number of streams', () => {
  const ports = { ...limits, descriptors: { soft: 1e6, hard: 1e6 } }
  preflight({ streams: 22_585, descriptorsPerStream: 2 }, ports)
  assert.match(rejection(30_000, 2, ports), /needs 37500 local ports.*`sudo sysctl -w .*port_range="10000 65535"`$/)
  assert.match(rejection(50_000, 2, ports), /port_range="1024 65535"`$/)
  assert.match(rejection(60_000, 2, ports), /no port range is large enough for more than 51609 streams/)
})

test('the recommended port range is large enough', () => {
  for (const [streams, first] of [
    [44_428, 10_000],
    [51_609, 1024],
  ] as const)
    preflight({ streams, descriptorsPerStream: 1 }, { ...unknown, ephemeralPorts: { first, last: 65_535 } })
})

test('all shortages are reported at once, one per line', () => {
  assert.equal(rejection(30_000, 2, limits).split('\n').length, 2)
})

test('unknown limits pass', () => {
  preflight({ streams: 1_000_000, descriptorsPerStream: 2 }, unknown)
  preflight(
    { streams: 1_000_000, descriptorsPerStream: 2 },
    { ...unknown, descriptors: { soft: Infinity, hard: Infinity } },
  )
})
