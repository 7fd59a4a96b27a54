/**
 * Maximum size in bytes of what a parser keeps of its stream: the unfinished line, the data and the name of the event that it
 * belongs to, and the ids. Above it, the parser stops reading the stream.
 */
export const defaultMaxEventBytes = 8 * 1024 * 1024

/** Default limit of the memory that all streams of a run share, in MB of 2^20 bytes. */
export const defaultEventMemoryMb = 512

/** Memory that the parsers of several streams share, in bytes. */
export interface MemoryBudget {
  usedBytes: number
  readonly limitBytes: number
}

/** A budget without a limit. */
export function unlimitedBudget(): MemoryBudget {
  return { usedBytes: 0, limitBytes: Number.POSITIVE_INFINITY }
}

/** The limit that a stream exceeded: its own, or the one that all streams share. */
export type ExceededLimit = 'stream' | 'run'

/** Size of the largest buffer that a parser keeps for its next line, in bytes. */
export const reusedBytes = 4096

/** Size of the longest event name that a parser remembers, in bytes. */
export const rememberedNameBytes = 64

/** Memory of a text per byte of its UTF-8: one character beyond Latin-1 makes all of them take two bytes. */
export const textBytesPerByte = 2
