import { grouped } from '../base/format.ts'
import type { ExperimentContext } from '../experiment/context.ts'
import {
  durationOf,
  isClosedLoop,
  isOpenLoop,
  type LoadPhase,
  type PlannedLoad,
  phasesOf,
  plannedSum,
  streamDurationS,
} from '../model/phase.ts'
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
  load: PlannedLoad,
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
      const phases = phasesOf(load)
      const leftS = timeLeft(phases, load)
      const streams = streamsOf(phases)
      const show = () => {
        const atMs = performance.now()
        const state = {
          open: progress.started - progress.done,
          done: progress.done,
          failed: progress.failed,
          dropped: progress.dropped,
          streams,
          phase: phases.length > 1 ? phaseName(phases, progress.phase) : undefined,
          eventsPerS: ((progress.events - before.events) * 1000) / (atMs - before.atMs),
          leftS: leftS(progress.phase, (atMs - beginMs) / 1000),
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

/**
 * Returns a function of the phase and the time since the start, in s, to the planned time left. Undefined if the mock decides how long
 * streams last. A phase that lasts longer than planned does not shorten those after it.
 */
export function timeLeft(phases: readonly LoadPhase[], load: PlannedLoad) {
  const streamS = streamDurationS(load)
  const durations = phases.map((phase) => {
    const plannedS = durationOf(phase)
    if (plannedS !== undefined) return plannedS
    if (streamS === undefined) return undefined
    const { streams = 1, rampMs = 0, total, rate } = phase
    if (phase.shape === 'burst') return rampMs / 1000 + streamS
    return total === undefined ? undefined : rate === undefined ? Math.ceil(total / streams) * streamS : total / rate
  })
  const lastS = isOpenLoop(phases.at(-1) as LoadPhase) || durationOf(phases.at(-1) as LoadPhase) ? streamS : 0
  const begunS: number[] = [0]
  return (phase: number, sinceS: number): number | undefined => {
    begunS[phase] ??= sinceS
    const left = durations.slice(phase)
    const known = left.filter((durationS) => durationS !== undefined)
    if (known.length < left.length || lastS === undefined) return undefined
    const [current = 0, ...later] = known
    const currentS = Math.max(0, current - (sinceS - begunS[phase]))
    const lingeringS =
      later.length === 0 ? Math.min(lastS, Math.max(0, current + lastS - (sinceS - begunS[phase]))) : lastS
    return currentS + later.reduce((sum, durationS) => sum + durationS, 0) + lingeringS
  }
}

/** The streams that phases plan to start; undefined if that depends on how long streams last. */
function streamsOf(phases: readonly LoadPhase[]): number | undefined {
  return phases.some((phase) => isClosedLoop(phase) && (phase.total === undefined || phase.durationS !== undefined))
    ? undefined
    : Math.round(plannedSum(phases))
}

function phaseName(phases: readonly LoadPhase[], index: number): string {
  return `${phases[index]?.name} (phase ${index + 1} of ${phases.length})`
}

/** The progress of a load. */
interface ProgressState {
  /** Planned streams; undefined if not known. */
  readonly streams: number | undefined
  /** Name of the current phase; undefined if there is only one. */
  readonly phase?: string
  readonly open: number
  readonly done: number
  readonly failed: number
  readonly dropped: number
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
function parts({ streams, phase, open, done, failed, dropped, eventsPerS, leftS }: ProgressState): string[] {
  return [
    `${grouped(open)} open`,
    streams === undefined ? `${grouped(done)} done` : `${grouped(done)} of ${grouped(streams)} done`,
    `${grouped(failed)} failed`,
    ...(dropped > 0 ? [`${grouped(dropped)} dropped`] : []),
    ...(phase === undefined ? [] : [phase]),
    ...(Number.isFinite(eventsPerS) ? [`${grouped(eventsPerS)} events/s`] : []),
    ...(leftS === undefined ? [] : [`${grouped(Math.ceil(leftS))} s left`]),
  ]
}
