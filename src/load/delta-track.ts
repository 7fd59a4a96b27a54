import { TimeLine } from './time-line.ts'

/** Arrival times of one stream's deltas: the first, the last, the largest gap, and the timeline. */
export class DeltaTrack {
  deltas = 0
  firstNs: number | undefined
  lastNs: number | undefined
  largestGapNs: number | undefined
  largestGapEndNs: number | undefined
  /** When the next delta was sent, according to its stamp, in us. */
  sentUs: number | undefined
  readonly line: TimeLine

  constructor(startedNs: number) {
    this.line = new TimeLine(startedNs)
  }

  /** Adds a delta; returns the gap before it, undefined for the first. */
  add(nowNs: number): number | undefined {
    this.deltas++
    this.line.push(this.sentUs, nowNs)
    this.sentUs = undefined
    const { lastNs } = this
    this.lastNs = nowNs
    if (lastNs === undefined) {
      this.firstNs = nowNs
      return undefined
    }
    const gapNs = nowNs - lastNs
    if (this.largestGapNs === undefined || gapNs > this.largestGapNs) {
      this.largestGapNs = gapNs
      this.largestGapEndNs = nowNs
    }
    return gapNs
  }
}
