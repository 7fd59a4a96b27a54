import { grouped } from '../base/format.ts'

/** The progress of a load. */
export interface ProgressState {
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
