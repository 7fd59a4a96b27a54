import { spawnSync } from 'node:child_process'

/** The version that `nginx` on PATH says it is, such as `nginx/1.22.1`; undefined where there is none. */
export function nginxVersion(env: NodeJS.ProcessEnv): string | undefined {
  const { error, stderr } = spawnSync('nginx', ['-v'], { env, encoding: 'utf8', timeout: 5_000 })
  return error ? undefined : stderr.trim().replace(/^nginx version: /, '')
}
