import type { Run } from '../model/run.ts'
import type { Experiment } from '../model/scenario.ts'
import type { RunTopology } from '../options/run-options.ts'
import type { Host } from '../process/host.ts'
import { startLocalTopology } from '../topology/local.ts'
import { findStandingTopology } from '../topology/standing.ts'
import type { Topology } from '../topology/topology.ts'
import type { ExperimentContext } from './context.ts'
import { runExperiment } from './experiment.ts'

/** A started topology that runs one experiment after another. Disposing of it tears it down. */
export interface Session extends AsyncDisposable {
  run(experiment: Experiment, context: ExperimentContext): Promise<Run>
}

/** Starts or finds the topology of a command line. `id` is part of the names of containers. */
export async function startSession({ kind, options }: RunTopology, id: string, host: Host): Promise<Session> {
  switch (kind) {
    case 'local':
      return sessionOf(await startLocalTopology(options, host))
    case 'standing':
      return sessionOf(await findStandingTopology(options, host))
    case 'containers': {
      // Imported only here: loading it takes a fifth of the start-up of the other topologies.
      const { runInContainers } = await import('./containers.ts')
      const { startContainerTopology } = await import('../topology/containers/container-topology.ts')
      const topology = await startContainerTopology({ ...options, project: `ccr-sse-stress-${id}` }, host)
      return {
        run: (experiment, context) => runInContainers(topology, experiment, context),
        [Symbol.asyncDispose]: () => topology[Symbol.asyncDispose](),
      }
    }
  }
}

/** A session on a topology of this machine. */
export function sessionOf(topology: Topology): Session {
  return {
    run: (experiment, context) => runExperiment(topology, experiment, context),
    [Symbol.asyncDispose]: () => topology[Symbol.asyncDispose](),
  }
}
