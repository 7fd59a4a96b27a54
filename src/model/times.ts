import type { StreamRecord } from './record.ts'

/** A time between two instants of a stream, in ns; undefined where one of them was never reached. */
type Time = (record: StreamRecord) => number | undefined

/** Time to first byte, as the original has it: from the start, before the connect, to the first byte of the body. */
export const ttfbNs: Time = ({ startedNs, firstByteNs }) => between(startedNs, firstByteNs)

/** From the start to the end of the body, or to the failure: the original's duration. */
export const durationNs: Time = ({ startedNs, endedNs }) => between(startedNs, endedNs)

/** From the start to the connection (over TLS: to the end of its handshake). */
export const connectNs: Time = ({ startedNs, connectedNs }) => between(startedNs, connectedNs)

/** From the request's write to the response's headers. */
export const headersNs: Time = ({ requestSentNs, headersNs: reachedNs }) => between(requestSentNs, reachedNs)

/** Time to first token: from the start to the first delta with content. */
export const ttftNs: Time = ({ startedNs, firstDeltaNs }) => between(startedNs, firstDeltaNs)

/** Actual start minus intended start: the harness's own delay. */
export const latenessNs: Time = ({ intendedNs, startedNs }) => between(intendedNs, startedNs)

function between(fromNs: number | undefined, toNs: number | undefined): number | undefined {
  return fromNs === undefined || toNs === undefined ? undefined : toNs - fromNs
}
