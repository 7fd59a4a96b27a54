import { withServer } from './contender.ts'
import type { BenchContext } from './context.ts'
import { type Load, problemsOf, runClient } from './load.ts'
import { type ClientReport, type MockReport, mockReport } from './messages.ts'

/** One round of one contender: what client and mock said, and what was wrong with it. */
export interface Sample {
  readonly client: ClientReport
  readonly mock: MockReport
  readonly problems: readonly string[]
}

/** Loads a fresh mock with a fresh client, nothing between them. */
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
