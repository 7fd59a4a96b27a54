import { nowNs } from '../base/clock.ts'
import type { Link } from './toxic.ts'

/** Does what is due now. Returns the time in ns at which to call it again, or undefined when it is done. */
type Step = () => number | undefined

/** Memory of a waiting step in addition to its bytes: the step, its closure and a buffer's header. */
const stepCostBytes = 256
/** Steps per turn before other connections get theirs: well under 1 ms. */
const stepsPerTurn = 256

/** The next turn: timers wait at least 1 ms. */
const nextTurnNs = () => nowNs() + 1_000_000

interface Waiting {
  readonly step: Step
  next: Waiting | undefined
}

/** Runs steps strictly one after another: a step is first called when the previous step is done. */
export function createStepQueue(link: Link): (step: Step) => void {
  let first: Waiting | undefined
  let last: Waiting | undefined

  const run = () => {
    for (let steps = 0; first; steps++) {
      const dueNs = steps < stepsPerTurn ? first.step() : nextTurnNs()
      if (dueNs === undefined) {
        first = first.next
        link.release(stepCostBytes)
      } else if (dueNs > nowNs()) {
        link.at(dueNs, run)
        break
      }
    }
  }
  return (step) => {
    link.hold(stepCostBytes)
    const waiting: Waiting = { step, next: undefined }
    if (first && last) {
      last.next = waiting
      last = waiting
      return
    }
    first = waiting
    last = waiting
    run()
  }
}
