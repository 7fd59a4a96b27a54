import { TimeLine } from './time-line.ts'

/** When the deltas of one stream arrived: first, last, largest gap, and each one in the time line. */
export class DeltaTrack {
  deltas = 0
  firstNs: number | undefined
  lastNs: number | undefined
  largestGapNs: number | undefined
  largestGapEndNs: number | undefined
  /** When the next delta was sent by its stamp, in us. */
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
