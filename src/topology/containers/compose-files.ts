import { fileURLToPath } from 'node:url'

/** The gateway that is put between runner and mock; `custom`: the user's own, `direct`: none. */
export type ContainedGateway = 'ccr-rust' | 'reference' | 'custom' | 'direct'

/** Below it are the compose files, beside `src` as beside `dist`. */
const root = new URL('../../..', import.meta.url)

/** The files that describe the topology with this gateway and further overrides, absolute, what is overridden first. */
export function composeFiles(gateway: ContainedGateway, overrides: readonly string[] = []): string[] {
  const names = [...(gateway === 'ccr-rust' || gateway === 'custom' ? [] : [gateway]), ...overrides].map(
    (name) => `docker-compose.${name}.yml`,
  )
  return ['docker-compose.yml', ...names].map((name) => fileURLToPath(new URL(name, root)))
}
