import { percent } from '../base/format.ts'
import type { DirectWindow } from '../model/baseline.ts'
import { type TimingCheck, worst } from './timing-check.ts'
import { timingLimits } from './timing-limits.ts'

/** Whether the streams of a direct-to-mock load arrived: no gateway was involved, so mock or runner failed. */
export const brokenBaseline: TimingCheck<DirectWindow> = {
  id: 'baseline_broken',
  state: (window) => worst(failedShare(window) > timingLimits.baselineFailures, failedShare(window) > 0),
  sentence: ({ when, streams, whole, fault }, state) => {
    const limit = state === 'invalid' ? ` (limit ${percent(timingLimits.baselineFailures)})` : ''
    const first = fault === undefined ? '' : `, the first by ${fault}`
    return `${streams - whole} of ${streams} streams direct to the mock failed in the baseline ${when} the load${limit}${first}. Mock or runner failed, not the gateway: run \`ccr-sse-stress doctor\`, and run again.`
  },
}

function failedShare({ streams, whole }: DirectWindow): number {
  return streams === 0 ? 0 : (streams - whole) / streams
}
