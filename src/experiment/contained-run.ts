import type { Run } from '../model/run.ts'
import type { Experiment } from '../model/scenario.ts'
import type { Host } from '../process/host.ts'
import {
  type ContainerTopology,
  type ContainerTopologyOptions,
  startContainerTopology,
} from '../topology/containers/start.ts'
import type { ExperimentContext } from './context.ts'
import { interruptedRun, loadTopology, type Planned } from './experiment.ts'
import { runInContainer } from './run-in-container.ts'

/** Stands the containers up, does one run in them, and tears them down; an interrupt at any time still gives a run. */
export async function stressInContainers(
  options: ContainerTopologyOptions,
  host: Host,
  planned: Planned,
  context: ExperimentContext,
): Promise<Run> {
  try {
    const topology = await startContainerTopology(options, host)
    try {
      return await runInContainers(topology, planned, context)
    } finally {
      context.onProgress('tearing down')
      await topology[Symbol.asyncDispose]()
    }
  } catch (cause) {
    if (!context.signal.aborted) throw cause
    return interruptedRun(planned, context)
  }
}

/** Does one run in a container topology that is running, and leaves it running. */
export async function runInContainers(
  { project, options, host, results, published }: ContainerTopology,
  experiment: Experiment,
  context: ExperimentContext,
): Promise<Run> {
  if (published) return loadTopology(published, experiment, context)
  return runInContainer(project, { ...options, env: host.env, results }, experiment, context)
}
