import { nowNs } from '../base/clock.ts'
import { brokenWhileRunning, type LiveCounts } from '../judge/live-threshold.ts'
import { formatThreshold, parseThreshold } from '../judge/threshold.ts'
import type { Run } from '../model/run.ts'
import type { Scenario } from '../model/scenario.ts'

/** Interval between two evaluations, in ms. */
const everyMs = 1000

/** Evaluates the thresholds that may end a load while it runs. Disposing of it ends the evaluation. */
export interface AbortWatch extends Disposable {
  /** Aborts when a threshold is broken. */
  readonly signal: AbortSignal
  /** The threshold that was broken, if one was. */
  broken(): Run['abortedBy']
}

/** Starts to evaluate the counts of a load that starts now. */
export function watchThresholds(
  scenario: Pick<Scenario, 'thresholds' | 'phases' | 'streams'>,
  counts: LiveCounts,
  interval = everyMs,
): AbortWatch {
  const thresholds = (scenario.thresholds ?? [])
    .flatMap((text) => parseThreshold(text, []) ?? [])
    .filter(({ abort }) => abort !== undefined)
  const aborting = new AbortController()
  const startedNs = nowNs()
  const streams = scenario.phases ? undefined : scenario.streams
  let broken: Run['abortedBy']
  const evaluate = () => {
    const elapsedNs = nowNs() - startedNs
    const found = brokenWhileRunning(thresholds, { counts, elapsedNs, streams })
    if (!found) return
    clearInterval(timer)
    broken = { threshold: formatThreshold(found.threshold), afterS: elapsedNs / 1e9, got: found.got }
    aborting.abort()
  }
  const timer = thresholds.length > 0 ? setInterval(evaluate, interval) : undefined
  return {
    signal: aborting.signal,
    broken: () => broken,
    [Symbol.dispose]: () => clearInterval(timer),
  }
}
