/** What each part of the benchmark gets from the command line. */
export interface BenchContext {
  readonly rounds: number
  /** How long `capacity` holds streams open, in s. */
  readonly holdS: number
  /** Aborted when the benchmark must end; all of its processes end then. */
  readonly signal: AbortSignal
  /** Prints progress. */
  readonly say: (text: string) => void
  readonly env: NodeJS.ProcessEnv
}
