import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cpuUsOf, cpuUsOfStat } from './process-cpu.ts'

test('user and system time are found behind a name with blanks and brackets', () => {
  assert.equal(cpuUsOfStat('42 (a) S 1 (b) R 1 42 42 0 -1 4194304 1 2 3 4 150 25 7 8 20 0 1 0 5'), 1_750_000)
})

test('a line without times is refused', () => {
  assert.throws(() => cpuUsOfStat('42 (node) S 1'), /no times/)
})

test('the CPU time of a process that works grows', async () => {
  const before = await cpuUsOf([process.pid])
  while (process.cpuUsage().user + process.cpuUsage().system < before + 50_000);
  assert.ok((await cpuUsOf([process.pid])) > before)
})
