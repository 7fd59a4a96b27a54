import { generateLoad, noProgress } from '../../load/generator.ts'
import type { Drain } from '../../model/drain.ts'
import type { Scenario } from '../../model/scenario.ts'
import type { Target } from '../../model/target.ts'

/** How long the probe may take, in s. */
const timeoutS = 10

/** Sends one short stream through the gateway; undefined where it says nothing of it, as this machine was short or it was aborted. */
export async function probeGateway(
  target: Target,
  { model, maxTokens, seed }: Scenario,
  userAgent: string,
  signal: AbortSignal,
): Promise<Drain['probe']> {
  const scenario: Scenario = {
    streams: 1,
    chunks: 2,
    delayMs: 1,
    rampMs: 0,
    timeoutS,
    idleS: timeoutS,
    content: 'plain',
    model,
    maxTokens,
    // Of a seed of its own, so that it is none of the load's streams to the mock.
    seed: (seed + 1) % 2 ** 32,
    warmUpStreams: 0,
  }
  const { records } = await generateLoad({
    target,
    scenario,
    userAgent,
    isPlanCertain: true,
    signal,
    progress: noProgress(),
  })
  const outcome = records[0]?.outcome
  if (outcome?.state === 'whole') return { whole: true }
  if (outcome?.state !== 'failed' || outcome.kind === 'local_resource') return undefined
  return { whole: false, fault: `${outcome.kind} (phase ${outcome.phase}): ${outcome.detail}` }
}
