import { askDocker, runDocker } from '../../host/docker.ts'
import { ownerIsGone, ownerLabel } from '../../process/owner.ts'

/** A compose project that this program started, and whether the process that started it has certainly ended. */
interface LeftProject {
  readonly name: string
  readonly ownerIsGone: boolean
}

/** Project names end with a run's id. */
const projectName = /^ccr-sse-stress-\d{8}-\d{6}-[0-9a-f]+$/
const projectLabel = 'com.docker.compose.project'

/** Finds this program's projects that still have a container. */
export async function findProjects(env: NodeJS.ProcessEnv): Promise<LeftProject[]> {
  const format = `{{.Label "${projectLabel}"}} {{.Label "${ownerLabel}"}}`
  const lines = await linesOf(['ps', '--all', '--filter', `label=${projectLabel}`, '--format', format], env)
  const owners = new Map<string, string>()
  for (const line of lines) {
    const [name = '', owner = ''] = line.split(' ')
    if (projectName.test(name) && (owner !== '' || !owners.has(name))) owners.set(name, owner)
  }
  return [...owners].map(([name, owner]) => ({ name, ownerIsGone: ownerIsGone(owner) }))
}

/** Removes a project by its labels alone: containers, networks, volumes and the images that were built for it. */
export async function removeProject(name: string, env: NodeJS.ProcessEnv): Promise<void> {
  await runDocker(['compose', '--project-name', name, 'down', '--volumes', '--remove-orphans', '--timeout', '2'], env)
  const images = await linesOf(['images', '--quiet', '--filter', `label=${projectLabel}=${name}`], env)
  if (images.length > 0) await runDocker(['rmi', '--force', ...new Set(images)], env)
}

async function linesOf(args: readonly string[], env: NodeJS.ProcessEnv): Promise<string[]> {
  return (await askDocker(args, env)).split('\n').filter(Boolean)
}
