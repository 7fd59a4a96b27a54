/** What each part of the benchmark gets from the command. */
export interface BenchContext {
  readonly rounds: number
  /** How long streams are held open where it is about how many can be, in s. */
  readonly holdS: number
  /** Aborted when the benchmark has to end; every process it started is ended then. */
  readonly signal: AbortSignal
  /** Says what goes on. */
  readonly say: (text: string) => void
  readonly env: NodeJS.ProcessEnv
}
