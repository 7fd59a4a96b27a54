import type { ExperimentContext } from '../experiment/context.ts'
import type { Scenario } from '../model/scenario.ts'
import { plainProgress, progressLine } from '../report/progress.ts'

/** Intervals of the live line, and of plain lines if there is no terminal, in ms. */
const liveEveryMs = 200
const plainEveryMs = 5000

/** The progress of a run on stderr: one line that changes on a terminal, else plain lines. */
export interface LiveProgress extends Pick<ExperimentContext, 'onProgress' | 'onLoad'> {
  readonly stop: () => void
}

/** Shows progress on `stderr` until stopped. */
export function showProgress(stderr: NodeJS.WriteStream, streams: number, plannedMs: number | undefined): LiveProgress {
  const live = stderr.isTTY === true
  let timer: NodeJS.Timeout | undefined
  let shown = false
  const clear = () => {
    if (shown) stderr.write('\r\u001b[2K')
    shown = false
  }
  const stop = () => {
    clearInterval(timer)
    clear()
  }
  return {
    stop,
    onProgress: (text) => {
      stop()
      stderr.write(`${text}\n`)
    },
    onLoad: (progress) => {
      let before = { events: 0, atMs: performance.now() }
      const beginMs = before.atMs
      const show = () => {
        const atMs = performance.now()
        const state = {
          open: progress.started - progress.done,
          done: progress.done,
          failed: progress.failed,
          streams,
          eventsPerS: ((progress.events - before.events) * 1000) / (atMs - before.atMs),
          leftS: plannedMs === undefined ? undefined : Math.max(0, plannedMs - (atMs - beginMs)) / 1000,
        }
        before = { events: progress.events, atMs }
        if (live) {
          clear()
          stderr.write(progressLine(state, stderr.columns || 80))
          shown = true
        } else stderr.write(`${plainProgress(state)}\n`)
      }
      timer = setInterval(show, live ? liveEveryMs : plainEveryMs)
    },
  }
}

/** Planned duration of a load, in ms; undefined if the mock decides. */
export function plannedMs({ chunks, delayMs, rampMs }: Scenario): number | undefined {
  return chunks === undefined || delayMs === undefined ? undefined : rampMs + chunks * delayMs
}
