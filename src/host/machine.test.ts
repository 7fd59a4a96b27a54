import assert from 'node:assert/strict'
import { it } from 'node:test'
import { machineSchema } from '../model/machine.ts'
import { readMachine } from './machine.ts'

it('a machine is described as it is stored, and the same each time', () => {
  const machine = readMachine()
  assert.deepEqual(machineSchema.parse(machine), machine)
  assert.deepEqual(readMachine(), machine)
  assert.ok(machine.cpus >= 1 && machine.memoryBytes > 2 ** 20)
  assert.match(machine.kernel, /^\w+ \d/)
})
