import type { WorkerCount } from '../host/workers.ts'
import type { LoadProgress } from '../load/generator.ts'
import type { Runner } from '../load/runner.ts'
import type { Placement } from '../model/machine.ts'
import type { Experiment } from '../model/scenario.ts'
import type { Target } from '../model/target.ts'
import type { Host } from '../process/host.ts'
import type { Topology } from '../topology/topology.ts'
import type { InstrumentWatch } from './instrument-watch.ts'

/** What the caller decides about an experiment, apart from what it measures. */
export interface ExperimentContext extends Pick<Host, 'signal' | 'onProgress'> {
  readonly id: string
  /** Where the records of a long load go while it runs; absent: all stay in memory. */
  readonly spool?: {
    /** Folder of the run folders. */
    readonly out: string
    /** Records that stay in memory (default: 20,000); with more, all go to disk. */
    readonly keep?: number
  }
  /** Workers of the runner; 1 if absent. Results do not depend on it. */
  readonly workers?: WorkerCount
  /** Where the gateway runs. Absent: not known. */
  readonly placement?: Placement
  /** Called when the load starts; the progress changes while it runs. */
  readonly onLoad: (progress: LoadProgress) => void
}

/** The context of every load of an experiment. `signal` also aborts if a part of the harness fails. */
export interface LoadContext extends ExperimentContext {
  readonly runner: Runner
  readonly watch: InstrumentWatch
}

/** One experiment on one topology: what every phase gets. */
export interface RunContext extends LoadContext {
  readonly topology: Topology
  readonly experiment: Experiment
  /** Target of the load: the gateway, or the proxy in front of it. */
  readonly target: Target
}
