import type { ChildProcess } from 'node:child_process'
import { on } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'

/** How the benchmark and one contender talk: messages from it, and one word to it. */
export interface Channel {
  /** What it says, one message after the other; over once it can say nothing more. */
  readonly messages: AsyncIterator<unknown>
  readonly askReport: () => void
  /** Lets it know that it has to end. */
  readonly close: () => void
}

/** Node's own channel, of a contender in TypeScript. */
export function ipcChannel(child: ChildProcess, signal: AbortSignal): Channel {
  return {
    messages: map(on(child, 'message', { close: ['disconnect'], signal }), ([message]: unknown[]) => message),
    askReport: () => child.send('report'),
    close: () => {
      if (child.connected) child.disconnect()
    },
  }
}

/** A line of JSON a message on stdout, `report` on stdin, whose end is the end: of a contender in another language. */
export function lineChannel(stdout: Readable, stdin: Writable, signal: AbortSignal): Channel {
  // It may have ended by itself: that says the messages.
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
