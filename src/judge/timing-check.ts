/** Why the times of a run may be the harness's (`suspect`), or say nothing about the gateway (`invalid`). */
export interface TimingReason {
  readonly state: TimingState
  /** The limiting part of the harness, the measurement, the limit, and what to do. */
  readonly sentence: string
}

/** The limit that a measurement reaches. */
type TimingState = 'suspect' | 'invalid'

/** One way in which the instrument can limit a run. A check of what was not measured does not apply. */
export interface TimingCheck<T> {
  readonly id: string
  /** The worst limit that is reached; undefined: none. */
  readonly state: (measured: T) => TimingState | undefined
  /** Called if a limit is reached. */
  readonly sentence: (measured: T, state: TimingState) => string
}

/** The reasons of all checks in a table, in its order. */
export function reasonsOf<T>(checks: readonly TimingCheck<T>[], measured: T): readonly TimingReason[] {
  return checks.flatMap(({ state, sentence }) => {
    const reached = state(measured)
    return reached === undefined ? [] : [{ state: reached, sentence: sentence(measured, reached) }]
  })
}

/** The worst of two limits that is reached. */
export function worst(isInvalid: boolean, isSuspect: boolean): TimingState | undefined {
  return isInvalid ? 'invalid' : isSuspect ? 'suspect' : undefined
}
