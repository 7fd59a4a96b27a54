import { EnvironmentError } from './errors.ts'

/** Does every step, even if an earlier one fails, and then throws all errors. A bug is thrown alone. */
export async function tryAll(steps: readonly (() => Promise<unknown>)[]): Promise<void> {
  const refusals: EnvironmentError[] = []
  const bugs: unknown[] = []
  for (const step of steps)
    try {
      await step()
    } catch (cause) {
      if (cause instanceof EnvironmentError) refusals.push(cause)
      else bugs.push(cause)
    }
  if (bugs.length > 0) throw bugs[0]
  const [first] = refusals
  if (first !== undefined)
    throw new EnvironmentError(refusals.map(({ message }) => message).join('\n'), { cause: first })
}
