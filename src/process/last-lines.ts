import { createRedactor } from './redact.ts'

/** Maximum length of a kept line, in characters, so that a program that never ends its line cannot fill the memory. */
const maxLength = 2000

export type Output = 'stdout' | 'stderr'

/** The last lines that a program printed, redacted. stdout and stderr each have their own writer. */
interface LastLines {
  /** A writer for one output; a line may arrive in any number of pieces. */
  writer(from: Output): { write(text: string): void; end(): void }
  lines(): readonly string[]
}

/** Keeps the last `count` lines, and calls `onLine` for every completed line. */
export function createLastLines(count: number, onLine: (line: string, from: Output) => void): LastLines {
  const kept: string[] = []
  const redactors = { stdout: createRedactor(), stderr: createRedactor() }
  const add = (line: string, from: Output) => {
    const shown = redactors[from](line.slice(0, maxLength)).trimEnd()
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
          partial = (parts.pop() ?? '').slice(0, maxLength)
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
