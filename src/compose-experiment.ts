import { type ContainerTopologyOptions, startContainerTopology } from './container-topology.ts'
import { interruptedRun, type Planned } from './experiment.ts'
import type { ExperimentContext } from './experiment-context.ts'
import type { Run } from './run.ts'

/** Stands the containers up, does one run in them, and tears them down; an interrupt at any time still gives a run. */
export async function stressInContainers(
  options: ContainerTopologyOptions,
  planned: Planned,
  context: ExperimentContext,
): Promise<Run> {
  try {
    const topology = await startContainerTopology(options)
    try {
      return await topology.run(planned, context)
    } finally {
      context.onPhase('tearing down')
      await topology[Symbol.asyncDispose]()
    }
  } catch (cause) {
    if (!context.signal.aborted) throw cause
    return interruptedRun(planned, context)
  }
}
