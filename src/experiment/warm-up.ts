import { EnvironmentError, ProbeError } from '../base/errors.ts'
import { noProgress } from '../load/generator.ts'
import type { Death } from '../process/child.ts'
import type { RunContext } from './context.ts'

/** Short streams: enough to open connection pools and to warm up just-in-time compilers. */
const plan = { chunks: 4, delayMs: 5, rampMs: 0, faults: [], clientFaults: [] } as const

/** Runs the first streams, which are not counted. Throws a ProbeError if all of them fail, as the load would fail too. */
export async function warmUp(run: RunContext): Promise<void> {
  const { topology, target, runner, signal, onProgress } = run
  const { scenario } = run.experiment
  if (scenario.warmUpStreams === 0) return
  onProgress(`warming up with ${scenario.warmUpStreams} streams (not counted)`)
  const { records } = await runner.load({
    target,
    scenario: { ...scenario, ...plan, streams: scenario.warmUpStreams },
    isPlanCertain: true,
    signal,
    progress: noProgress(),
  })
  const [first] = records
  if (signal.aborted || first?.outcome.state !== 'failed') return
  if (records.some((record) => record.outcome.state === 'whole')) return
  const death = await topology.death()
  if (death) throw diedBeforeLoad(death)
  // A toxic may break every stream, and then the load has to show that.
  if (topology.toxics) return
  const { kind, phase, detail } = first.outcome
  throw new ProbeError(
    `${topology.gateway.name} failed every stream of the warm-up: ${kind} (phase ${phase}): ${detail}`,
  )
}

/** A part of the topology died before there was anything to judge. */
export function diedBeforeLoad({ name, how, lastLines }: Death): EnvironmentError {
  return new EnvironmentError([`${name} died before the load: ${how}`, ...lastLines].join('\n  '))
}
