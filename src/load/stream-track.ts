import type { Buffer } from 'node:buffer'
import { nowNs } from '../base/clock.ts'
import type { StreamRecord } from '../model/record.ts'
import { TimeLine } from './time-line.ts'

/** Bytes of the last read that the record of a failed stream keeps. */
const rawBytes = 1024

/** What is measured of one stream: its instants and counts, the largest gap between its deltas, and the timeline. */
export class StreamTrack {
  readonly startedNs = nowNs()
  connectedNs: number | undefined
  requestSentNs: number | undefined
  headersNs: number | undefined
  firstEventNs: number | undefined
  firstDeltaNs: number | undefined
  lastDeltaNs: number | undefined
  status: number | undefined
  deltas = 0
  /** When the read that is being processed arrived. */
  readNs = 0
  /** When the next delta was sent, according to its stamp, in us. */
  sentUs: number | undefined
  readonly line = new TimeLine(this.startedNs)
  #read: Buffer | undefined
  #readLength = 0
  #hasBody = false
  #firstByteNs: number | undefined
  #lastByteNs: number | undefined
  #bytes = 0
  #chunks = 0
  #largestGapNs: number | undefined
  #largestGapEndNs: number | undefined

  get bytes(): number {
    return this.#bytes
  }

  /** A read arrived. */
  startRead(bytes: Buffer, length: number): void {
    this.readNs = nowNs()
    this.#read = bytes
    this.#readLength = length
    this.#hasBody = false
  }

  /** The read is processed: the next read of any stream overwrites its buffer. */
  endRead(): void {
    this.#read = undefined
  }

  /** Adds bytes of the body to the read that is being processed. */
  addBody(bytes: number): void {
    if (!this.#hasBody) this.#chunks++
    this.#hasBody = true
    this.#firstByteNs ??= this.readNs
    this.#lastByteNs = this.readNs
    this.#bytes += bytes
  }

  /** Adds a delta; returns the gap before it, undefined for the first. */
  addDelta(): number | undefined {
    const { readNs, lastDeltaNs } = this
    this.deltas++
    this.line.push(this.sentUs, readNs)
    this.sentUs = undefined
    this.lastDeltaNs = readNs
    if (lastDeltaNs === undefined) {
      this.firstDeltaNs = readNs
      return undefined
    }
    const gapNs = readNs - lastDeltaNs
    if (this.#largestGapNs === undefined || gapNs > this.#largestGapNs) {
      this.#largestGapNs = gapNs
      this.#largestGapEndNs = readNs
    }
    return gapNs
  }

  /** The last bytes of the read that is being processed, unchanged, as base64. */
  lastBytes(): string | undefined {
    return this.#read?.toString('base64', Math.max(0, this.#readLength - rawBytes), this.#readLength)
  }

  /** The measurements of a stream that ends now. */
  measured() {
    return {
      startedNs: this.startedNs,
      connectedNs: this.connectedNs,
      requestSentNs: this.requestSentNs,
      headersNs: this.headersNs,
      firstByteNs: this.#firstByteNs,
      firstEventNs: this.firstEventNs,
      firstDeltaNs: this.firstDeltaNs,
      lastDeltaNs: this.lastDeltaNs,
      lastByteNs: this.#lastByteNs,
      endedNs: nowNs(),
      status: this.status,
      bytes: this.#bytes,
      chunks: this.#chunks,
      deltas: this.deltas,
      largestGapNs: this.#largestGapNs,
      largestGapEndNs: this.#largestGapEndNs,
    } satisfies Partial<StreamRecord>
  }
}
