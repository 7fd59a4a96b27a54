import type { StreamRecord } from './record.ts'

/** A time between two instants of a stream, in ns; undefined if one of them was not reached. */
type Time = (record: StreamRecord) => number | undefined

/** Time to first byte, as in ccr-rust's stress suite: from the start, before the connect, to the first body byte. */
export const ttfbNs: Time = (record) => between(countsFromNs(record), record.firstByteNs)

/** From the start to the end of the body, or to the failure, as in ccr-rust's stress suite. */
export const durationNs: Time = (record) => between(countsFromNs(record), record.endedNs)

/** From the start to the connection (with TLS: to the end of the handshake). */
export const connectNs: Time = ({ startedNs, connectedNs }) => between(startedNs, connectedNs)

/** From the write of the request to the response headers. */
export const headersNs: Time = ({ requestSentNs, headersNs: reachedNs }) => between(requestSentNs, reachedNs)

/** Time to first token: from the start to the first delta. */
export const ttftNs: Time = (record) => between(countsFromNs(record), record.firstDeltaNs)

/** The same from the actual start: what a gateway adds, without the delay of the harness. */
export const ttftFromStartNs: Time = ({ startedNs, firstDeltaNs }) => between(startedNs, firstDeltaNs)

/** Actual start minus intended start: the harness's own delay. */
export const latenessNs: Time = ({ intendedNs, startedNs }) => between(intendedNs, startedNs)

/**
 * The instant from which the times of a stream count: its start, and in an open loop its intended start. A stream that starts late
 * waited, too, and would hide how long if its times counted from its own start.
 */
function countsFromNs({ openLoop, intendedNs, startedNs }: StreamRecord): number {
  return openLoop ? intendedNs : startedNs
}

function between(fromNs: number | undefined, toNs: number | undefined): number | undefined {
  return fromNs === undefined || toNs === undefined ? undefined : toNs - fromNs
}
