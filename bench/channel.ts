import type { ChildProcess } from 'node:child_process'
import { on } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'

/** The channel between the benchmark and one contender: messages from it, and one request to it. */
export interface Channel {
  /** The contender's messages; ends when it can send no more. */
  readonly messages: AsyncIterator<unknown>
  readonly askReport: () => void
  /** Tells it to end. */
  readonly close: () => void
}

/** The IPC channel of Node.js, for contenders in TypeScript. */
export function ipcChannel(child: ChildProcess, signal: AbortSignal): Channel {
  return {
    messages: map(on(child, 'message', { close: ['disconnect'], signal }), ([message]: unknown[]) => message),
    askReport: () => child.send('report'),
    close: () => {
      if (child.connected) child.disconnect()
    },
  }
}

/** For contenders in other languages: one line of JSON per message on stdout, `report` on stdin; the end of stdin ends it. */
export function lineChannel(stdout: Readable, stdin: Writable, signal: AbortSignal): Channel {
  // The contender may have ended by itself, which the end of its messages shows.
  stdin.on('error', () => undefined)
  const lines = createInterface({ input: stdout })
  return {
    messages: map(on(lines, 'line', { close: ['close'], signal }), ([line]: unknown[]) => JSON.parse(String(line))),
    askReport: () => stdin.write('report\n'),
    close: () => stdin.end(),
  }
}

function map<T, U>(source: AsyncIterator<T>, change: (value: T) => U): AsyncIterator<U> {
  return {
    async next() {
      const result = await source.next()
      return result.done ? { done: true, value: undefined } : { done: false, value: change(result.value) }
    },
  }
}
