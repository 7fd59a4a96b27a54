import type { StreamRecord } from './record.ts'

/** A time between two instants of a stream, in ns; undefined if one of them was not reached. */
type Time = (record: StreamRecord) => number | undefined

/** Time to first byte, as in ccr-rust's stress suite: from the start, before the connect, to the first body byte. */
export const ttfbNs: Time = ({ startedNs, firstByteNs }) => between(startedNs, firstByteNs)

/** From the start to the end of the body, or to the failure, as in ccr-rust's stress suite. */
export const durationNs: Time = ({ startedNs, endedNs }) => between(startedNs, endedNs)

/** From the start to the connection (with TLS: to the end of the handshake). */
export const connectNs: Time = ({ startedNs, connectedNs }) => between(startedNs, connectedNs)

/** From the write of the request to the response headers. */
export const headersNs: Time = ({ requestSentNs, headersNs: reachedNs }) => between(requestSentNs, reachedNs)

/** Time to first token: from the start to the first delta. */
export const ttftNs: Time = ({ startedNs, firstDeltaNs }) => between(startedNs, firstDeltaNs)

/** Actual start minus intended start: the harness's own delay. */
export const latenessNs: Time = ({ intendedNs, startedNs }) => between(intendedNs, startedNs)

function between(fromNs: number | undefined, toNs: number | undefined): number | undefined {
  return fromNs === undefined || toNs === undefined ? undefined : toNs - fromNs
}
