import { nowNs } from '../base/clock.ts'
import type { Link } from './toxic.ts'

/** Does what is due, and gives the instant in ns at which it is to be called again, or undefined where all is done. */
export type Step = () => number | undefined

/** What one waiting step takes beside its bytes: a step, its closure, a buffer's head. */
const stepCostBytes = 256
/** Steps done in one go before other connections get their turn, well under 1 ms. */
const stepsPerTurn = 256

/** The shortest time for which a timer waits. */
const laterNs = () => nowNs() + 1_000_000

interface Waiting {
  readonly step: Step
  next: Waiting | undefined
}

/** Does steps one after another in the order in which they came: the next one is first called when the one before is done. */
export function createStepQueue(link: Link): (step: Step) => void {
  let first: Waiting | undefined
  let last: Waiting | undefined

  const run = () => {
    for (let steps = 0; first; steps++) {
      const dueNs = steps < stepsPerTurn ? first.step() : laterNs()
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
