import { grouped } from '../base/format.ts'
import type { ExperimentContext } from '../experiment/context.ts'
import type { Scenario } from '../model/scenario.ts'
import { withoutSecrets } from '../process/secrets.ts'

/** Intervals of the live line, and of plain lines if there is no terminal, in ms. */
const liveEveryMs = 200
const plainEveryMs = 5000

/** The progress of a run on stderr: one line that changes on a terminal, else plain lines. */
interface LiveProgress extends Pick<ExperimentContext, 'onProgress' | 'onLoad'> {
  readonly stop: () => void
}

/** Shows progress on `stderr` until stopped. `term` is the type of the terminal; a dumb or unknown one gets plain lines. */
export function showProgress(
  stderr: Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'columns'>,
  streams: number,
  plannedMs: number | undefined,
  term: string | undefined = process.env['TERM'],
): LiveProgress {
  const live = stderr.isTTY === true && term !== undefined && term !== '' && term !== 'dumb'
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
      stderr.write(`${withoutSecrets(text)}\n`)
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

/** The progress of a load. */
interface ProgressState {
  readonly streams: number
  readonly open: number
  readonly done: number
  readonly failed: number
  readonly eventsPerS: number
  /** Time left, in s; undefined if the length of the streams is not known. */
  readonly leftS?: number
}

/** The live line: as many parts as fit into `width` columns. */
export function progressLine(state: ProgressState, width: number): string {
  const [first = '', ...rest] = parts(state)
  let line = first
  for (const part of rest) {
    const longer = `${line} | ${part}`
    if (longer.length > width) break
    line = longer
  }
  return line.slice(0, Math.max(0, width))
}

/** The same as a plain line, if there is no terminal. */
export function plainProgress(state: ProgressState): string {
  return parts(state).join(', ')
}

/** The most important first. */
function parts({ streams, open, done, failed, eventsPerS, leftS }: ProgressState): string[] {
  return [
    `${grouped(open)} open`,
    `${grouped(done)} of ${grouped(streams)} done`,
    `${grouped(failed)} failed`,
    ...(Number.isFinite(eventsPerS) ? [`${grouped(eventsPerS)} events/s`] : []),
    ...(leftS === undefined ? [] : [`${grouped(Math.ceil(leftS))} s left`]),
  ]
}
