/** Why the times of a run may be the harness's (`suspect`), or say nothing about the gateway (`invalid`). */
export interface TimingReason {
  readonly state: TimingState
  /** The limiting part of the harness, the measurement, the limit, and what to do. */
  readonly sentence: string
}

/** The state of timing after a limit is reached. */
type TimingState = 'suspect' | 'invalid'

/** One way in which the harness can limit a run. A check of what was not measured does not apply. */
export interface TimingCheck<T> {
  readonly id: string
  /** The worst state that the measurement causes; undefined if no limit is reached. */
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

/** The worse of the two states that applies; undefined if neither does. */
export function worst(isInvalid: boolean, isSuspect: boolean): TimingState | undefined {
  return isInvalid ? 'invalid' : isSuspect ? 'suspect' : undefined
}
