import { describeMachine } from '../machine/describe.ts'

/** `doctor`: says what this machine can hold. */
export async function doctorCommand(): Promise<number> {
  process.stdout.write(`${(await describeMachine()).join('\n')}\n`)
  return 0
}
