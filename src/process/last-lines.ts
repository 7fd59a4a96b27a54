import { redact } from './redact.ts'

/** A line longer than this (in characters) is cut, so that a program that never ends its line costs no memory. */
const longest = 2000

/** Where a program printed a line. */
export type Output = 'stdout' | 'stderr'

/** The last lines that a program printed, redacted; stdout and stderr each have a writer of their own. */
export interface LastLines {
  /** A writer for one output; a line may come in any number of pieces. */
  writer(from: Output): { write(text: string): void; end(): void }
  lines(): readonly string[]
}

/** Keeps the last `count` lines and hands each one to `onLine` as it is completed. */
export function createLastLines(count: number, onLine: (line: string, from: Output) => void): LastLines {
  const kept: string[] = []
  const add = (line: string, from: Output) => {
    const shown = redact(line.slice(0, longest)).trimEnd()
    if (shown === '') return
    kept.push(shown)
    if (kept.length > count) kept.shift()
    onLine(shown, from)
  }
  return {
    writer(from) {
      let partial = ''
      return {
        write(text) {
          const parts = (partial + text).split(/\r?\n/)
          partial = (parts.pop() ?? '').slice(0, longest)
          for (const line of parts) add(line, from)
        },
        end() {
          add(partial, from)
          partial = ''
        },
      }
    },
    lines: () => [...kept],
  }
}
