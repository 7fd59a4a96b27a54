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
    const first = fault === undefined ? '' : `; first failure: ${fault}`
    return `${streams - whole} of ${streams} direct baseline streams failed ${when} the load${limit}${first}. They do not pass through the gateway. Run \`ccr-sse-stress doctor\`, then repeat the run.`
  },
}

function failedShare({ streams, whole }: DirectWindow): number {
  return streams === 0 ? 0 : (streams - whole) / streams
}
