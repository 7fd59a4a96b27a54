import { arch, availableParallelism, cpus, release, totalmem, type } from 'node:os'
import type { Machine } from '../model/machine.ts'

/** Reads what this machine is. */
export function readMachine(): Machine {
  const model = cpus()[0]?.model.trim()
  return {
    cpus: availableParallelism(),
    ...(model ? { cpuModel: model } : {}),
    memoryBytes: totalmem(),
    kernel: `${type()} ${release()}`,
    architecture: arch(),
    node: process.versions.node,
  }
}
