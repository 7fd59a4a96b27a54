import { withServer } from './contender.ts'
import type { BenchContext } from './context.ts'
import { type Load, problemsOf, runClient, unverified } from './load.ts'
import { type ClientReport, type MockReport, mockReport } from './messages.ts'

/** One round of one contender: the reports of client and mock, and what was wrong with them. */
export interface Sample {
  readonly client: ClientReport
  readonly mock: MockReport
  readonly problems: readonly string[]
}

/** Runs a load from a new client to a new mock, with nothing between them. */
export function runAgainstMock(
  context: BenchContext,
  { mock, client }: { readonly mock: string; readonly client: string },
  load: Load,
): Promise<Sample> {
  return withServer(context, mock, { chunks: load.chunks, delayMs: load.delayMs }, async (server) => {
    const report = await runClient(context, client, server.url, load)
    server.askReport()
    const sent = await server.next(mockReport)
    return { client: report, mock: sent, problems: problemsOf(`${client} at ${mock}`, load, report, sent) }
  })
}

/** Runs a load from a new client of ours to a new mock of ours; each delta is verified. */
export async function runVerified(context: BenchContext, load: Load): Promise<Sample> {
  const sample = await runAgainstMock(context, { mock: 'mock-ours', client: 'client-ours' }, load)
  return { ...sample, problems: [...sample.problems, ...unverified('client-ours', load, sample.client)] }
}

/** CPU time of the client per event that the mock sent, in us. The client has read all of them. */
export function cpuPerEventUs({ client, mock }: Sample): number {
  return client.cpuUs / mock.events
}
