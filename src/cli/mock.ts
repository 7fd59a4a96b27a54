import cluster from 'node:cluster'
import { UsageError } from '../base/errors.ts'
import { faultProblems } from '../fault/parse-fault.ts'
import { startMockCluster } from '../mock/cluster-primary.ts'
import { serveInCluster } from '../mock/cluster-worker.ts'
import { startMock } from '../mock/mock.ts'
import { readFlags } from '../options/flag-table.ts'
import { mockFlags } from '../options/flags.ts'
import { createLog } from './log.ts'
import { serve } from './serve.ts'

/** `mock`: the provider. With several workers it is the same words again in a process each, below this one. */
export async function mockCommand(argv: Readonly<Record<string, unknown>>): Promise<number> {
  const { 'log-level': level, 'delay-ms': delayMs, fault: faults, workers: wish, ...rest } = readFlags(mockFlags, argv)
  const problems = faultProblems(faults)
  if (problems.length > 0) throw new UsageError(problems)
  const log = createLog(level)
  const options = { ...rest, delayMs, faults, log }
  // The mock does not know what load is going to come.
  const workers = wish === 'auto' ? 1 : wish
  if (cluster.worker) {
    // What is sent to the whole group is for the primary, which ends this process in order.
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined)
    await serveInCluster(cluster.worker, workers, options)
    return 0
  }
  return serve('mock', log, () => (workers === 1 ? startMock(options) : startMockCluster(workers)))
}
