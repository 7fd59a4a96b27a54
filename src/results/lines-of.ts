import { createReadStream } from 'node:fs'

/** Bytes per read. */
const readBytes = 256 * 1024

/** A part of a file: some complete lines, or what follows the last line end. */
interface Part {
  readonly lines: readonly string[]
  /** Set for the last part: text after the last line end; empty if the last line is complete. */
  readonly rest?: string
}

/** Reads a file of lines part by part, because it may be longer than the longest text. */
export async function* linesOf(path: string): AsyncGenerator<Part> {
  let rest = Buffer.alloc(0)
  for await (const chunk of createReadStream(path, { highWaterMark: readBytes }) as AsyncIterable<Buffer>) {
    const end = chunk.lastIndexOf('\n')
    if (end < 0) {
      rest = Buffer.concat([rest, chunk])
      continue
    }
    const text = Buffer.concat([rest, chunk.subarray(0, end)]).toString('utf8')
    rest = Buffer.from(chunk.subarray(end + 1))
    yield { lines: text.split('\n') }
  }
  yield { lines: [], rest: rest.toString('utf8') }
}
