import { tmpdir } from 'node:os'
import { EnvironmentError } from '../base/errors.ts'
import { noDocker, readDocker } from '../host/docker.ts'
import { readFlags } from '../options/flags.ts'
import { removeLeftFolders } from '../process/run-folder.ts'
import { findProjects, removeProject } from '../topology/containers/cleanup.ts'

/** Time Docker has to answer, in ms. */
const dockerTimeoutMs = 10_000

/** `cleanup`: removes the temporary folders and the containers of runs whose process no longer exists. */
export async function cleanupCommand(argv: Readonly<Record<string, unknown>>): Promise<number> {
  const { removeAll } = readFlags('cleanup', argv)
  for (const path of await removeLeftFolders(tmpdir())) process.stdout.write(`removed ${path}\n`)
  const docker = await readDocker({ env: process.env, timeoutMs: dockerTimeoutMs })
  if (docker.fault === noDocker) return 0
  if (docker.engine === undefined)
    throw new EnvironmentError(
      `no Docker engine answers (${docker.fault ?? 'unknown reason'}). Start Docker and try again.`,
    )
  for (const { name, ownerIsGone } of await findProjects(process.env)) {
    if (!removeAll && !ownerIsGone) {
      process.stdout.write(`kept ${name}: its process may still be running (--all removes it too)\n`)
      continue
    }
    await removeProject(name, process.env)
    process.stdout.write(`removed ${name}\n`)
  }
  return 0
}
