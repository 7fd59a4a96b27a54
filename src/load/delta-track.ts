import { TimeLine } from './time-line.ts'

/** When the deltas of one stream came: the first, the last, the largest gap, and each of them in its time line. */
export class DeltaTrack {
  deltas = 0
  firstNs: number | undefined
  lastNs: number | undefined
  largestGapNs: number | undefined
  largestGapEndNs: number | undefined
  /** When the delta that comes next was sent, in us, where its stamp said so. */
  sentUs: number | undefined
  readonly line: TimeLine

  constructor(startedNs: number) {
    this.line = new TimeLine(startedNs)
  }

  /** Takes one delta; gives the gap before it, undefined before the first. */
  came(nowNs: number): number | undefined {
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
