import { EnvironmentError, ProbeError } from '../base/errors.ts'
import { noProgress } from '../load/generator.ts'
import type { Scenario } from '../model/scenario.ts'
import type { Target } from '../model/target.ts'
import type { Death } from '../process/child.ts'
import type { Topology } from '../topology/topology.ts'
import type { LoadContext } from './context.ts'

/** Streams that go first and are not counted: enough to open pools and to warm just-in-time compilers. */
const warmUp = { chunks: 4, delayMs: 5 } as const

/** The first streams also show whether the gateway speaks the protocol at all: where each fails, a load would say no more. */
export async function warmTheGatewayUp(
  target: Target,
  scenario: Scenario,
  topology: Topology,
  context: LoadContext,
): Promise<void> {
  context.onProgress(`warming up with ${scenario.warmUpStreams} streams that are not counted`)
  const { records } = await context.runner.load({
    target,
    scenario: {
      ...scenario,
      streams: scenario.warmUpStreams,
      faults: [],
      clientFaults: [],
      chunks: warmUp.chunks,
      delayMs: warmUp.delayMs,
      rampMs: 0,
    },
    userAgent: context.userAgent,
    isPlanCertain: true,
    signal: context.signal,
    progress: noProgress(),
  })
  const [first] = records
  if (context.signal.aborted || first?.outcome.state !== 'failed') return
  if (records.some((record) => record.outcome.state === 'whole')) return
  const death = await topology.death()
  if (death) throw diedBeforeTheLoad(death)
  // What breaks each stream may be the toxic: then it is for the load to show.
  if (topology.toxics) return
  const { kind, phase, detail } = first.outcome
  throw new ProbeError(
    `${topology.gateway.name} failed each stream before the load: ${kind} (phase ${phase}): ${detail}`,
  )
}

/** Who died before there was anything to judge. */
export function diedBeforeTheLoad({ name, how, lastLines }: Death): EnvironmentError {
  return new EnvironmentError([`${name} died before the load: ${how}`, ...lastLines].join('\n  '))
}
