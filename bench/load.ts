import { withContender } from './contender.ts'
import { postTask } from './contenders/requests.ts'
import type { BenchContext } from './context.ts'
import { type ClientReport, type ClientTask, clientReport, type MockReport } from './messages.ts'
import { toolOf } from './program.ts'

/** How many streams a load has, and how they go. */
export type Load = Omit<ClientTask, 'url'>

/** Runs a client contender to its end. */
export function runClient(context: BenchContext, script: string, url: string, load: Load): Promise<ClientReport> {
  const task = { url, ...load }
  const isOurCode = toolOf(script) === undefined
  return withContender(context, script, isOurCode ? task : postTask(task), (client) => client.next(clientReport))
}

/** What shows that a load was not the work that was to be measured: streams lost, or other bytes read than sent. */
export function problemsOf(what: string, load: Load, client: ClientReport, mock: MockReport): string[] {
  const problems: string[] = []
  if (client.whole !== load.streams) problems.push(`${what}: ${client.whole} of ${load.streams} streams arrived whole`)
  if (mock.deltas !== load.streams * load.chunks)
    problems.push(`${what}: the mock sent ${mock.deltas} deltas for ${load.streams * load.chunks}`)
  if (client.events !== undefined && client.events !== mock.events)
    problems.push(`${what}: ${client.events} events read, ${mock.events} events sent`)
  if (client.bytes !== undefined && client.bytes !== mock.bytes)
    problems.push(`${what}: ${client.bytes} bytes read, ${mock.bytes} bytes sent`)
  return problems
}

/** What is wrong besides where our client was to verify each delta. */
export function unverified(what: string, load: Load, { verified, findings }: ClientReport): string[] {
  const deltas = load.streams * load.chunks
  return [
    ...(verified === deltas ? [] : [`${what}: ${verified ?? 'none'} of ${deltas} deltas verified`]),
    ...(findings === 0 ? [] : [`${what}: ${findings ?? 'unknown'} findings in streams that are whole`]),
  ]
}

/** A load in words. */
export function describeLoad({ streams, chunks, delayMs, rampMs }: Load): string {
  return `${streams.toLocaleString('en')} streams x ${chunks} deltas x ${delayMs} ms, starts spread over ${rampMs / 1000} s`
}
