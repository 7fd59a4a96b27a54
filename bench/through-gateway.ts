import { EnvironmentError } from '../src/base/errors.ts'
import { readProcessTree } from '../src/host/process-tree.ts'
import type { Sample } from './against-mock.ts'
import { withServer } from './contender.ts'
import type { BenchContext } from './context.ts'
import { type Load, problemsOf, runClient } from './load.ts'
import { mockReport } from './messages.ts'

/** Loads a fresh gateway before a fresh mock of ours with our client. */
export function runThroughGateway(
  context: BenchContext,
  gateway: string,
  load: Load,
): Promise<Sample & { readonly gatewayCpuUs: number }> {
  const plan = { chunks: load.chunks, delayMs: load.delayMs }
  return withServer(context, 'mock-ours', plan, (mock) =>
    withServer(context, gateway, { upstream: mock.url }, async ({ url, pid }) => {
      const before = cpuUsOf(pid)
      const client = await runClient(context, 'client-ours', url, load)
      const gatewayCpuUs = cpuUsOf(pid) - before
      mock.askReport()
      const sent = await mock.next(mockReport)
      // A gateway may write the events in its own words: their bytes need not be those of the mock.
      const problems = problemsOf(`client-ours through ${gateway}`, load, { ...client, bytes: undefined }, sent)
      return { client, mock: sent, gatewayCpuUs, problems }
    }),
  )
}

/** User and system time in us of a process that runs and of those below it. */
function cpuUsOf(pid: number): number {
  const process = readProcessTree(pid)
  if (!process) throw new EnvironmentError(`process ${pid} is gone`)
  return process.cpuS * 1e6
}
