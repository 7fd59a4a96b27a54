import { withContender } from './contender.ts'
import { postTask } from './contenders/requests.ts'
import type { BenchContext } from './context.ts'
import { type ClientReport, type ClientTask, clientReport, type MockReport } from './messages.ts'
import { toolOf } from './program.ts'

/** The shape of a load. */
export type Load = Omit<ClientTask, 'url'>

/** Runs a client contender until it ends. */
export function runClient(context: BenchContext, script: string, url: string, load: Load): Promise<ClientReport> {
  const task = { url, ...load }
  const isOurCode = toolOf(script) === undefined
  return withContender(context, script, isOurCode ? task : postTask(task), (client) => client.next(clientReport))
}

/** Signs that a load was not the intended work: lost streams, or a difference between what was sent and what was read. */
export function problemsOf(what: string, load: Load, client: ClientReport, mock: MockReport): string[] {
  const problems: string[] = []
  if (client.whole !== load.streams)
    problems.push(`${what}: ${client.whole} of ${load.streams} streams arrived complete`)
  if (mock.deltas !== load.streams * load.chunks)
    problems.push(`${what}: the mock sent ${mock.deltas} deltas instead of ${load.streams * load.chunks}`)
  if (client.events !== undefined && client.events !== mock.events)
    problems.push(`${what}: ${client.events} events read, ${mock.events} events sent`)
  if (client.bytes !== undefined && client.bytes !== mock.bytes)
    problems.push(`${what}: ${client.bytes} bytes read, ${mock.bytes} bytes sent`)
  return problems
}

/** Further problems if our client had to verify each delta. */
export function unverified(what: string, load: Load, { verified, findings }: ClientReport): string[] {
  const deltas = load.streams * load.chunks
  return [
    ...(verified === deltas ? [] : [`${what}: ${verified ?? 'none'} of ${deltas} deltas verified`]),
    ...(findings === 0 ? [] : [`${what}: ${findings ?? 'unknown'} findings in streams that are whole`]),
  ]
}

/** Describes a load. */
export function describeLoad({ streams, chunks, delayMs, rampMs }: Load): string {
  return `${streams.toLocaleString('en')} streams x ${chunks} deltas x ${delayMs} ms, starts spread over ${rampMs / 1000} s`
}
