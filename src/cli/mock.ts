import cluster from 'node:cluster'
import { UsageError } from '../base/errors.ts'
import { faultProblems } from '../fault/parse-fault.ts'
import { startMockCluster } from '../mock/cluster-primary.ts'
import { serveInCluster } from '../mock/cluster-worker.ts'
import { startMock } from '../mock/mock.ts'
import { readFlags } from '../options/flags.ts'
import { instanceVariable } from '../process/instance.ts'
import { createLog } from './host.ts'
import { serve } from './serve.ts'

/** `mock`: the provider. With several workers, each is a child process with the same command line. */
export async function mockCommand(argv: Readonly<Record<string, unknown>>): Promise<number> {
  const { logLevel, mockWorkers, ...values } = readFlags('mock', argv)
  const problems = faultProblems(values.faults)
  if (problems.length > 0) throw new UsageError(problems)
  const log = createLog(logLevel)
  const options = { ...values, log, instance: process.env[instanceVariable] }
  // `auto` depends on the load, which is not known here.
  const workers = mockWorkers === 'auto' ? 1 : mockWorkers
  if (cluster.worker) {
    // A signal to the process group is handled by the primary, which then ends this process in order.
    for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined)
    await serveInCluster(cluster.worker, workers, options)
    return 0
  }
  return serve('mock', log, () => (workers === 1 ? startMock(options) : startMockCluster(workers, log)))
}
