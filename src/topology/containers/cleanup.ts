import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { ownerIsGone, ownerLabel } from '../../process/owner.ts'

const execute = promisify(execFile)

/** A compose project that this program once started, and whether the process that did is known to be gone. */
export interface LeftProject {
  readonly name: string
  readonly ownerIsGone: boolean
}

/** Project names are made of a run's id. */
const ours = /^ccr-sse-stress-\d{8}-\d{6}-[0-9a-f]+$/
const projectLabel = 'com.docker.compose.project'

/** Finds the projects of this program that Docker has a container of. */
export async function findProjects(env: NodeJS.ProcessEnv): Promise<LeftProject[]> {
  const format = `{{.Label "${projectLabel}"}} {{.Label "${ownerLabel}"}}`
  const lines = await ask(['ps', '--all', '--filter', `label=${projectLabel}`, '--format', format], env)
  const owners = new Map<string, string>()
  for (const line of lines) {
    const [name = '', owner = ''] = line.split(' ')
    if (ours.test(name) && (owner !== '' || !owners.has(name))) owners.set(name, owner)
  }
  return [...owners].map(([name, owner]) => ({ name, ownerIsGone: ownerIsGone(owner) }))
}

/** Removes a project by its labels alone: containers, networks, volumes and the images that were built for it. */
export async function removeProject(name: string, env: NodeJS.ProcessEnv): Promise<void> {
  const down = ['compose', '--project-name', name, 'down', '--volumes', '--remove-orphans', '--timeout', '2']
  await execute('docker', down, { env })
  const images = await ask(['images', '--quiet', '--filter', `label=${projectLabel}=${name}`], env)
  if (images.length > 0) await execute('docker', ['rmi', '--force', ...new Set(images)], { env })
}

async function ask(words: readonly string[], env: NodeJS.ProcessEnv): Promise<string[]> {
  return (await execute('docker', words, { env })).stdout.split('\n').filter(Boolean)
}
