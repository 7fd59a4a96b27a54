import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fillPlaceholders, type GatewayPlaces } from '../../gateways/template.ts'
import type { CustomGateway } from './custom-gateway.ts'

/** Where the compose file is that `writeOverride` writes into a folder. */
export function overrideIn(folder: string): string {
  return join(folder, 'gateway.yml')
}

/** Writes the compose file that puts the user's gateway in its place, and the gateway's own file where it has one. */
export async function writeOverride(gateway: CustomGateway, places: GatewayPlaces, folder: string): Promise<void> {
  const configFile = join(folder, 'gateway-config')
  await writeFile(overrideIn(folder), overrideOf(gateway, places, configFile))
  if (gateway.kind !== 'image' || !gateway.config) return
  await writeFile(configFile, fillPlaceholders(gateway.config.template, places))
  // Whoever the image's user is, and whatever our umask.
  await chmod(configFile, 0o644)
}

/**
 * The override of docker-compose.yml that puts an image in the gateway's place, with its own user and a root that it can
 * write to; it keeps no capability. Its PID namespace is its own, as it may count on being process 1. JSON is YAML too.
 */
function overrideOf(gateway: CustomGateway, places: GatewayPlaces, configFile: string): string {
  const own = gateway.kind === 'image' ? gateway : undefined
  const fill = (text: string) => fillPlaceholders(text, places)
  // A dollar would begin one of Compose's variables.
  const yaml = (value: unknown) => JSON.stringify(value).replaceAll('$', '$$$$')
  const env = Object.fromEntries(Object.entries(own?.env ?? {}).map(([name, text]) => [name, fill(text)]))
  const mount = { type: 'bind', source: configFile, target: own?.config?.path, read_only: true }
  return [
    'services:',
    '  ccr:',
    // Of a container that testcontainers starts, Compose has to know no more than that it is not to be built.
    `    image: ${yaml(own?.image ?? 'started-by-testcontainers')}`,
    '    build: !reset null',
    '    user: !reset null',
    '    pid: !reset null',
    '    read_only: false',
    `    environment: !override ${yaml(env)}`,
    ...(own?.command ? [`    command: !override ${yaml(own.command.map(fill))}`] : []),
    '    tmpfs: !override ["/tmp:size=64m"]',
    // The image may have no shell: it is asked from within the mock's container.
    '    healthcheck: !override { disable: true }',
    ...(own?.config ? [`    volumes: [${yaml(mount)}]`] : []),
    '  runner:',
    '    pid: !reset null',
    '',
  ].join('\n')
}
