import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { platform } from 'node:os'
import { test } from 'node:test'
import { asJson } from '../../test/fixtures/as-json.ts'
import { startBusyProcess } from '../../test/fixtures/busy-process.ts'
import { until } from '../../test/fixtures/until.ts'
import { startZombie } from '../../test/fixtures/zombie.ts'
import { readProcessTree } from './process-tree.ts'

const skip = platform() !== 'linux' && 'needs /proc'
const timeout = 60_000
const mib = 2 ** 20
/** User and system time are each truncated to 10 ms, so their sum may be up to 20 ms too small. */
const cutOffS = 0.02

function reading(pid: number) {
  const result = readProcessTree(pid)
  assert.ok(result, `process ${pid} exists`)
  return result
}

test('user and system time of a process are counted, and nothing else', {
  skip,
  timeout,
}, async (t) => {
  const busy = await startBusyProcess(t)
  const before = await busy.take('burn', 300)
  const { cpuS } = reading(busy.pid)
  const after = await busy.take('burn', 0)
  assert.ok(cpuS >= before.cpuS - cutOffS, `${cpuS} after ${before.cpuS}`)
  assert.ok(cpuS <= after.cpuS, `${cpuS} before ${after.cpuS}`)
})

test('memory that a process holds is counted, and still counts in the peak after its release', {
  skip,
  timeout,
}, async (t) => {
  const busy = await startBusyProcess(t)
  await busy.take('burn', 0)
  const before = reading(busy.pid)
  await busy.take('hold', 128)
  const holding = reading(busy.pid)
  assert.ok(holding.memoryBytes - before.memoryBytes > 100 * mib, `${before.memoryBytes}, ${holding.memoryBytes}`)
  await busy.take('release')
  await until(() => reading(busy.pid).memoryBytes < holding.memoryBytes - 100 * mib)
  // The kernel counts in batches, and updates the peak a little later.
  assert.ok((reading(busy.pid).memoryPeakBytes ?? 0) > holding.memoryBytes - 10 * mib)
})

test('open descriptors are counted until they are closed', { skip, timeout }, async (t) => {
  const busy = await startBusyProcess(t)
  await busy.take('burn', 0)
  const { descriptors: before = 0 } = reading(busy.pid)
  assert.ok(before > 0)
  await busy.take('open', 200)
  assert.equal(reading(busy.pid).descriptors, before + 200)
  await busy.take('close')
  assert.equal(reading(busy.pid).descriptors, before)
})

test('the resources of a child count for its parent, and its CPU time even after it ended', {
  skip,
  timeout,
}, async (t) => {
  const busy = await startBusyProcess(t)
  await busy.take('child')
  await busy.letChildTake('hold', 128)
  await busy.letChildTake('open', 200)
  const own = await busy.take('burn', 0)
  const child = await busy.letChildTake('burn', 300)
  const [withChild, childAlone] = [reading(busy.pid), reading(child.pid)]
  assert.ok(withChild.cpuS >= own.cpuS + child.cpuS - 2 * cutOffS, `${withChild.cpuS}`)
  await busy.take('endChild')
  const without = reading(busy.pid)
  assert.ok(without.cpuS >= own.cpuS + child.cpuS - 2 * cutOffS, `${without.cpuS}`)
  assert.ok(withChild.memoryBytes > 128 * mib + without.memoryBytes / 2)
  assert.ok(withChild.memoryBytes > childAlone.memoryBytes + without.memoryBytes / 2)
  assert.ok((withChild.descriptors ?? 0) - (without.descriptors ?? 0) > 200)
})

test('there is no memory peak while there is a child, as peaks do not add up', {
  skip,
  timeout,
}, async (t) => {
  const busy = await startBusyProcess(t)
  const peak = () => reading(busy.pid).memoryPeakBytes
  assert.ok(peak())
  await busy.take('child')
  assert.equal(peak(), undefined)
  await busy.take('endChild')
  assert.ok(peak())
})

test('a child that was started by a thread other than the main thread counts too', {
  skip,
  timeout,
}, async (t) => {
  const busy = await startBusyProcess(t)
  const { pid } = await busy.take('childOfThread')
  assert.ok(reading(pid).memoryBytes > 0)
  // There is no peak, so the child was found.
  assert.equal(reading(busy.pid).memoryPeakBytes, undefined)
})

test('a process name with spaces, brackets and a state letter does not shift the fields', {
  skip,
  timeout,
}, async (t) => {
  const busy = await startBusyProcess(t)
  const { cpuS } = await busy.take('burn', 200)
  await busy.take('title', 'a) Z 1 (b')
  assert.match(readFileSync(`/proc/${busy.pid}/stat`, 'utf8'), /\(a\) Z 1 \(b\)/)
  assert.ok(reading(busy.pid).cpuS >= cpuS - cutOffS)
})

test('a zombie counts as ended, and its parent can still be read', { skip, timeout }, async (t) => {
  const { keeper, zombie } = await startZombie(t)
  assert.equal(readProcessTree(zombie), undefined)
  const { memoryBytes, descriptors } = reading(keeper)
  assert.ok(memoryBytes > 0)
  assert.equal(descriptors, readdirSync(`/proc/${keeper}/fd`).length)
})

test('a process that has ended has no reading', { skip, timeout }, async (t) => {
  const busy = await startBusyProcess(t)
  await busy.kill()
  assert.equal(readProcessTree(busy.pid), undefined)
})

const noSuch = 2 ** 22 + 1
/** Reads a fake process, which has no threads and no readable descriptors. */
function readFake(status: string) {
  const fields = ['S', ...Array.from({ length: 49 }, (_, index) => index)].join(' ')
  const files: Record<string, string> = {
    [`/proc/${noSuch}/stat`]: `${noSuch} (gateway) ${fields}`,
    [`/proc/${noSuch}/status`]: status,
  }
  return readProcessTree(noSuch, (path) => files[path])
}

test('times are in hundredths of a second, and sizes in KiB', () => {
  const status = 'Name:\tgateway\nState:\tS (sleeping)\nVmPeak:\t 9000 kB\nVmHWM:\t 3000 kB\nVmRSS:\t 2000 kB\n'
  const cpuS = (10 + 11 + 12 + 13) / 100
  assert.deepEqual(asJson(readFake(status)), { cpuS, memoryBytes: 2_048_000, memoryPeakBytes: 3_072_000 })
})

test('values that may not be read are undefined, not 0', () => {
  assert.deepEqual(Object.keys(asJson(readFake('')) ?? {}).sort(), ['cpuS', 'memoryBytes'])
})
