import { z } from 'zod'
import { amount, count, type Immutable } from './schema.ts'

/** Schema of `Machine`. */
export const machineSchema = z.strictObject({
  cpus: count.describe('CPUs that the runner may use.'),
  cpuModel: z.string().optional().describe('Model of the first CPU; absent: not known.'),
  memoryBytes: amount.describe('Memory of the machine.'),
  kernel: z.string().describe('Kernel and its version, such as "Linux 6.8.0".'),
  architecture: z.string().describe('Such as "x64".'),
  node: z.string().describe('Version of the Node.js that runs the runner.'),
})
/** The machine that a run was measured on. Runs from different machines are not comparable. */
export type Machine = Immutable<z.infer<typeof machineSchema>>

/** Where the gateway of a run runs: a process that the run started, one that was running, or a container. */
export const placements = ['local', 'standing', 'containers'] as const
/** One of `placements`. */
export type Placement = (typeof placements)[number]
