import { EnvironmentError } from '../src/base/errors.ts'
import { readProcessTree } from '../src/host/process-tree.ts'
import type { Sample } from './against-mock.ts'
import { withServer } from './contender.ts'
import type { BenchContext } from './context.ts'
import { type Load, problemsOf, runClient } from './load.ts'
import { mockReport } from './messages.ts'

/** Runs a load from our client through a new gateway to a new mock of ours. */
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
      // A gateway may rewrite events, so the byte counts may differ.
      const problems = problemsOf(`client-ours through ${gateway}`, load, { ...client, bytes: undefined }, sent)
      return { client, mock: sent, gatewayCpuUs, problems }
    }),
  )
}

/** User and system time of a process and its children, in us. */
function cpuUsOf(pid: number): number {
  const process = readProcessTree(pid)
  if (!process) throw new EnvironmentError(`process ${pid} is gone`)
  return process.cpuS * 1e6
}
