import type { Sample } from './against-mock.ts'
import { withServer } from './contender.ts'
import type { BenchContext } from './context.ts'
import { type Load, problemsOf, runClient } from './load.ts'
import { mockReport } from './messages.ts'
import { cpuUsOf } from './process-cpu.ts'

/** Loads a fresh gateway before a fresh mock of ours with our client. */
export function runThroughGateway(
  context: BenchContext,
  gateway: string,
  load: Load,
): Promise<Sample & { readonly gatewayCpuUs: number }> {
  const plan = { chunks: load.chunks, delayMs: load.delayMs }
  return withServer(context, 'mock-ours', plan, (mock) =>
    withServer(context, gateway, { upstream: mock.url }, async ({ url, pids }) => {
      const before = await cpuUsOf(pids)
      const client = await runClient(context, 'client-ours', url, load)
      const gatewayCpuUs = (await cpuUsOf(pids)) - before
      mock.askReport()
      const sent = await mock.next(mockReport)
      // A gateway may write the events in its own words: their bytes need not be those of the mock.
      const problems = problemsOf(`client-ours through ${gateway}`, load, { ...client, bytes: undefined }, sent)
      return { client, mock: sent, gatewayCpuUs, problems }
    }),
  )
}
