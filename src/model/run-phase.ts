/** The phases of a run in which a part of it may fail, in order. */
export const runPhases = ['warm-up', 'baseline', 'load', 'drain', 'second baseline'] as const
/** One of `runPhases`. */
export type RunPhase = (typeof runPhases)[number]
