import { noProgress } from '../load/generator.ts'
import type { LoadResult } from '../load/load-result.ts'
import type { Run } from '../model/run.ts'
import type { RunContext } from './context.ts'

/** Short streams: enough to open connection pools and to warm up just-in-time compilers. */
const plan = {
  mix: undefined,
  chunks: 4,
  delayMs: 5,
  rampMs: 0,
  phases: undefined,
  faults: [],
  clientFaults: [],
} as const

/** A warm-up that makes a load pointless: its streams, and how the gateway died, if it did. */
export interface FailedWarmUp {
  readonly loaded: LoadResult
  readonly died: Run['died']
}

/** Runs the first streams, which are not counted. Returns them if all of them, or a part of the harness, failed. */
export async function warmUp(run: RunContext): Promise<FailedWarmUp | undefined> {
  const { topology, target, runner, watch, signal, onProgress } = run
  const { scenario, headers } = run.experiment
  if (scenario.warmUpStreams === 0) return undefined
  onProgress(`warming up with ${scenario.warmUpStreams} streams (not counted)`)
  const loaded = await runner.load({
    target,
    scenario: { ...scenario, ...plan, streams: scenario.warmUpStreams },
    headers,
    isPlanCertain: true,
    signal,
    progress: noProgress(),
  })
  const { records } = loaded
  if (watch.failed().length > 0) return { loaded, died: undefined }
  if (signal.aborted || records[0]?.outcome.state !== 'failed') return undefined
  if (records.some((record) => record.outcome.state === 'whole')) return undefined
  if ((await watch.check()).length > 0) return { loaded, died: undefined }
  const died = await topology.death()
  // A toxic may break every stream, and then the load has to show that.
  return died || !topology.toxics ? { loaded, died } : undefined
}
