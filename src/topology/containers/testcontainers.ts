import { dirname } from 'node:path'
import { EnvironmentError } from '../../base/errors.ts'

/** What testcontainers is to start: services of compose files, absolute, whose paths are from the first one's folder; images built. */
export interface TestcontainersUp {
  readonly project: string
  readonly files: readonly string[]
  readonly services: readonly string[]
  readonly variables: Readonly<Record<string, string>>
}

/** How long a container may take until it is healthy, in ms. */
const startTimeoutMs = 90_000

/**
 * Starts services by testcontainers' DockerComposeEnvironment, which waits for their health checks and tells its reaper
 * (Ryuk, where its image is to be had) of the project. It is loaded only here, as it takes a moment.
 */
export async function upWithTestcontainers({ project, files, services, variables }: TestcontainersUp): Promise<void> {
  const [file = ''] = files
  const { DockerComposeEnvironment } = await load()
  try {
    await new DockerComposeEnvironment(dirname(file), [...files])
      .withNoRecreate()
      // After withNoRecreate, which gives the project a name of its own.
      .withProjectName(project)
      .withEnvironment({ ...variables })
      .withStartupTimeout(startTimeoutMs)
      .up([...services])
  } catch (cause) {
    const said = cause instanceof Error ? cause.message.trim() : String(cause)
    throw new EnvironmentError(
      `testcontainers: ${said} (where the image of its reaper can't be had, set TESTCONTAINERS_RYUK_DISABLED=true: all is torn down without it too)`,
      { cause },
    )
  }
}

async function load(): Promise<typeof import('testcontainers')> {
  try {
    return await import('testcontainers')
  } catch (cause) {
    throw new EnvironmentError(
      '--topology testcontainers needs the package testcontainers: npm install testcontainers',
      {
        cause,
      },
    )
  }
}
