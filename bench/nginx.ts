import { spawnSync } from 'node:child_process'

/** The version of the `nginx` on PATH, such as `nginx/1.22.1`; undefined if there is none. */
export function nginxVersion(env: NodeJS.ProcessEnv): string | undefined {
  const { error, stderr } = spawnSync('nginx', ['-v'], { env, encoding: 'utf8', timeout: 5_000 })
  return error ? undefined : stderr.trim().replace(/^nginx version: /, '')
}
