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
