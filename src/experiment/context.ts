import type { WorkerCount } from '../host/workers.ts'
import type { LoadProgress } from '../load/generator.ts'
import type { Runner } from '../load/runner.ts'
import type { Host } from '../process/host.ts'

/** What the caller of an experiment decides about it. */
export interface ExperimentContext extends Pick<Host, 'signal' | 'onProgress'> {
  readonly id: string
  readonly harnessVersion: string
  /** Workers of the runner; one where absent. What a run finds does not depend on it. */
  readonly workers?: WorkerCount
  /** The load begins; the progress changes while it runs. */
  readonly onLoad: (progress: LoadProgress) => void
}

/** What each load of an experiment is made with. */
export interface LoadContext extends ExperimentContext {
  readonly runner: Runner
  readonly userAgent: string
}
