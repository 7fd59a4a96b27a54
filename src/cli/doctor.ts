import { describeMachine } from '../machine/describe.ts'
import { readDocker } from '../machine/docker.ts'
import { readLimits } from '../machine/limits.ts'

/** How long Docker may take to say that it is there, in ms. */
const dockerTimeoutMs = 5000

/** `doctor`: says what this machine can hold. */
export async function doctorCommand(): Promise<number> {
  const docker = await readDocker({ env: process.env, timeoutMs: dockerTimeoutMs })
  process.stdout.write(`${describeMachine(readLimits(), docker).join('\n')}\n`)
  return 0
}
