import { EnvironmentError } from '../../base/errors.ts'
import { describeLines } from '../../process/child.ts'
import type { ComposeProject } from './compose-project.ts'

/** How long one look takes at most, in ms: between two of them its container is looked at. */
const lookMs = 2000

/** Asks until 200, for as long as it is told; what it saw last is what it prints. It runs in the mock's container. */
const script = `
const [url, forMs] = process.argv.slice(1)
const until = Date.now() + Number(forMs)
let seen = 'no answer'
do {
  try {
    const { status } = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(Number(forMs)) })
    if (status === 200) process.exit(0)
    seen = 'HTTP ' + status
  } catch (cause) {
    seen = cause.cause?.code ?? cause.name
  }
  await new Promise((resolve) => setTimeout(resolve, 50))
} while (Date.now() < until)
console.error('seen: ' + seen)
process.exit(1)
`

/** Waits for a 200 of the gateway from within its network; an EnvironmentError with its last lines where none comes. */
export async function waitFromWithin(
  project: ComposeProject,
  { url, timeoutMs, signal }: { readonly url: string; readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<void> {
  const until = performance.now() + timeoutMs
  const words = ['exec', '-T', 'mock', 'node', '--input-type=module', '-e', script, url, `${lookMs}`]
  for (;;) {
    let seen: string | undefined
    try {
      await project.compose(words, signal, (line) => {
        seen = /^seen: (.*)/.exec(line)?.[1] ?? seen
      })
      return
    } catch (cause) {
      signal.throwIfAborted()
      // Without a word from the script it is the mock that can't be asked.
      if (seen === undefined) throw cause
      const state = await project.state('ccr')
      if (state?.running && performance.now() < until) continue
      const how = state?.running ? `within ${timeoutMs / 1000} s` : `before it ended with status ${state?.exitCode}`
      const lines = describeLines(await project.lastLines('ccr'))
      throw new EnvironmentError(
        `the container of ccr did not become healthy: no 200 at ${url} ${how} (${seen})${lines}`,
        { cause },
      )
    }
  }
}
