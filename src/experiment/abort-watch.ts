import { nowNs } from '../base/clock.ts'
import { abortingThresholds, brokenWhileRunning } from '../judge/thresholds/live-threshold.ts'
import { formatThreshold } from '../judge/thresholds/threshold.ts'
import { createLiveBoard, readLiveBoard } from '../load/live-counter.ts'
import type { Run } from '../model/run.ts'
import type { Scenario } from '../model/scenario.ts'

/** Interval between two evaluations, in ms. */
const everyMs = 1000

/** Evaluates the thresholds that may end a load while it runs. Disposing of it ends the evaluation. */
interface AbortWatch extends Disposable {
  /** What the workers of the load count in; undefined if no threshold may end it. */
  readonly live: SharedArrayBuffer | undefined
  /** Aborts when a threshold is broken. */
  readonly signal: AbortSignal
  /** The threshold that was broken, if one was. */
  broken(): Run['abortedBy']
}

/** Starts to evaluate a load that starts now. */
export function watchThresholds(scenario: Scenario, workers: number, onProgress: (text: string) => void): AbortWatch {
  const live = createLiveBoard(scenario, workers)
  const thresholds = abortingThresholds(scenario)
  const aborting = new AbortController()
  const startedNs = nowNs()
  const streams = scenario.phases ? undefined : scenario.streams
  let broken: Run['abortedBy']
  const evaluate = (board: SharedArrayBuffer) => {
    const elapsedNs = nowNs() - startedNs
    const found = brokenWhileRunning(thresholds, { counts: readLiveBoard(board, scenario), elapsedNs, streams })
    if (!found) return
    clearInterval(timer)
    broken = { threshold: formatThreshold(found.threshold), afterS: elapsedNs / 1e9, got: found.got }
    onProgress(`ending the load: threshold ${broken.threshold} is broken: ${broken.got}`)
    aborting.abort()
  }
  const timer = live && setInterval(evaluate, everyMs, live)
  return {
    live,
    signal: aborting.signal,
    broken: () => broken,
    [Symbol.dispose]: () => clearInterval(timer),
  }
}
