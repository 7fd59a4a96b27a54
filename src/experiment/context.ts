import type { WorkersWish } from '../host/workers.ts'
import type { LoadProgress } from '../load/generator.ts'
import type { Runner } from '../load/runner.ts'

/** What an experiment is told by its caller. */
export interface ExperimentContext {
  readonly id: string
  readonly harnessVersion: string
  /** Its reason is the signal's name. */
  readonly signal: AbortSignal
  /** Workers of the runner; one where absent. What a run finds does not depend on it. */
  readonly workers?: WorkersWish
  /** What is going on before and after the load. */
  readonly onPhase: (text: string) => void
  /** The load begins; the progress changes while it runs. */
  readonly onLoad: (progress: LoadProgress) => void
}

/** What each load of an experiment is made with. */
export interface LoadContext extends ExperimentContext {
  readonly runner: Runner
  readonly userAgent: string
}
