import { readDocker } from '../../src/host/docker.ts'

const docker = await readDocker({ env: process.env, timeoutMs: 10_000 })
const missing =
  docker.engine === undefined ? docker.fault : docker.compose === undefined ? 'no compose plugin' : undefined

/**
 * Why the Docker tests are skipped; false if an engine answers. With REQUIRE_DOCKER set, as in CI, they fail instead.
 */
export const skip: string | false =
  missing === undefined || process.env['REQUIRE_DOCKER'] ? false : `no Docker engine answers (${missing})`
