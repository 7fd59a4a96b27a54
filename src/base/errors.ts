/** One thing that is wrong with what the user gave: where it stands, what was expected and what was got. */
export interface Problem {
  readonly where: string
  readonly expected: string
  readonly got?: string
}

/** Writes a problem as one line. */
export function describeProblem({ where, expected, got }: Problem): string {
  return got === undefined ? `${where}: ${expected}` : `${where}: expected ${expected}, got ${got}`
}

/** The user's mistake: every problem found, not only the first. Ends with exit status 64. */
export class UsageError extends Error {
  readonly problems: readonly Problem[]
  constructor(problems: readonly Problem[]) {
    super(problems.map(describeProblem).join('\n'))
    this.name = 'UsageError'
    this.problems = problems
  }
}

/** The machine or what runs on it does not allow the run: one line that says what, where and what to do. Exit status 4. */
export class EnvironmentError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'EnvironmentError'
  }
}

/** A gateway failed the first streams before the load: nothing was measured. Exit status 1. */
export class ProbeError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'ProbeError'
  }
}
