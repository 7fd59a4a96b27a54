import { readDocker } from '../host/docker.ts'
import { describeMachine } from '../host/doctor.ts'
import { readLimits } from '../host/limits.ts'
import { checkTemporaryFolder, homeFolder } from '../host/user-folders.ts'

/** Time Docker has to answer, in ms. */
const dockerTimeoutMs = 5000

/** `doctor`: prints how many streams this machine can hold. A home or temporary folder that is missing is an EnvironmentError. */
export async function doctorCommand(): Promise<number> {
  const docker = await readDocker({ env: process.env, timeoutMs: dockerTimeoutMs })
  process.stdout.write(`${describeMachine(readLimits(), docker).join('\n')}\n`)
  homeFolder(process.env)
  await checkTemporaryFolder()
  return 0
}
