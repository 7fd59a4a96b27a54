/** Why a run's timing is not to be taken as it stands (`suspect`), or not at all (`invalid`). */
export interface TimingReason {
  readonly state: 'suspect' | 'invalid'
  /** Who was the limit, what was measured, the limit, and what to do. */
  readonly sentence: string
}

/** A reason where one of its limits is reached, the weightier one first. */
export function reasonAt(
  isInvalid: boolean,
  isSuspect: boolean,
  sentence: (at: 'suspect' | 'invalid') => string,
): readonly TimingReason[] {
  if (!isInvalid && !isSuspect) return []
  const state = isInvalid ? 'invalid' : 'suspect'
  return [{ state, sentence: sentence(state) }]
}

/** A share (0 to 1), such as `87 %`. */
export function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}

/** A time, such as `0.4 ms` or `120 ms`. */
export function millis(ms: number): string {
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`
}
