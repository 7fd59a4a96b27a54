import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestContainer } from 'testcontainers'
import { z } from 'zod'
import { type Problem, UsageError } from '../../base/errors.ts'
import { oneOf, urlPath } from '../../base/values.ts'
import { fillPlaceholders, type GatewayPlaces, placeholderProblems } from '../../gateways/template.ts'
import type { GatewayIdentity } from '../../model/gateway.ts'
import { type ProtocolName, protocolNames } from '../../model/protocol-name.ts'
import type { ContainerState } from './compose-project.ts'
import type { GatewayLimits } from './gateway-limits.ts'

interface AnyCustomGateway extends GatewayLimits {
  /** The port on which it listens, on all addresses of its container. */
  readonly port: number
  /** Path that answers 200 when it is ready; default `/health`. */
  readonly healthPath?: string
  /** Maximum time until it is ready, in s; default 60. */
  readonly readyTimeoutS?: number
  /** The protocols that it speaks, the default of a run first; default `anthropic-messages` only. */
  readonly protocols?: readonly ProtocolName[]
}

/** An image as the gateway. {{upstream}}, {{port}} and {{model}} in its texts are replaced: see `GatewayPlaces`. */
export interface ImageGateway extends AnyCustomGateway {
  readonly kind: 'image'
  /** Pulled if it is not on this machine; never removed. */
  readonly image: string
  /** Default: the image's own command. The image's entry point stays. */
  readonly command?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** A configuration file, read-only in the container. */
  readonly config?: { readonly path: string; readonly template: string }
}

/** A container of testcontainers as the gateway. Its published ports and wait strategy are ignored; the health path counts. */
export interface ContainerGateway extends AnyCustomGateway {
  readonly kind: 'container'
  /** A `GenericContainer`, or a function that makes one. */
  readonly container: TestContainer | ((places: GatewayPlaces) => TestContainer | Promise<TestContainer>)
}

/** A validated custom gateway with all defaults. */
export type CustomGateway = (ImageGateway | ContainerGateway) &
  Required<Pick<AnyCustomGateway, 'healthPath' | 'readyTimeoutS' | 'protocols'>>

const portText = 'must be a whole number from 1 to 65535'
const limitText = 'must be a number above 0'
const limit = z.number(limitText).positive(limitText).optional()
const protocolsText = `must be a list of at least one of ${protocolNames.join(', ')}`
const textMessage = 'must be text'
const variable = 'must be a name of letters, digits, dots and underscores'
const absolute = 'must be an absolute path of a file in the container'

const custom = {
  port: z.number(portText).int(portText).min(1, portText).max(65535, portText),
  healthPath: urlPath.default('/health'),
  readyTimeoutS: z.number(limitText).positive(limitText).default(60),
  protocols: z.array(oneOf(protocolNames), protocolsText).min(1, protocolsText).default(['anthropic-messages']),
  cpus: limit,
  memoryMb: limit,
  pids: limit,
}

const imageText = 'must be the name of an image, such as my/gateway:1'
const image = z.strictObject({
  ...custom,
  kind: z.literal('image'),
  image: z.string(imageText).regex(/^[a-z0-9][\w./:@-]*$/i, imageText),
  command: z.array(z.string(textMessage), 'must be a list of texts').optional(),
  env: z
    .record(z.string().regex(/^[A-Za-z_][\w.]*$/, variable), z.string(textMessage), 'must be an object of texts')
    .optional(),
  config: z
    .strictObject(
      { path: z.string(absolute).regex(/^\/([^\p{Cc}]*[^/\p{Cc}])$/u, absolute), template: z.string(textMessage) },
      'must be a path and a template',
    )
    .optional(),
})

const container = z.strictObject({
  ...custom,
  kind: z.literal('container'),
  container: z.custom(isContainer, 'must be a GenericContainer of testcontainers, or a function that makes one'),
})

function isContainer(value: unknown): boolean {
  if (typeof value === 'function') return true
  return typeof value === 'object' && value !== null && 'start' in value && 'withNetworkMode' in value
}

/** Validates a custom gateway and its driver. Throws a UsageError with all problems. */
export function checkCustomGateway(gateway: ImageGateway | ContainerGateway, driver: string): CustomGateway {
  const parsed = (gateway.kind === 'image' ? image : container).safeParse(gateway)
  const problems = parsed.success ? [] : parsed.error.issues.flatMap((issue) => problemsOf(issue, gateway))
  if (driver === 'local')
    problems.push({
      where: 'driver',
      message: `must be testcontainers or compose for a gateway of kind ${gateway.kind}`,
      got: driver,
    })
  if (parsed.success && gateway.kind === 'image') problems.push(...placeholderProblems('gateway', textsOf(gateway)))
  if (problems.length > 0 || !parsed.success) throw new UsageError(problems)
  return parsed.data as CustomGateway
}

function problemsOf(issue: z.core.$ZodIssue, gateway: object): Problem[] {
  const where = ['gateway', ...issue.path].join('.')
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ where, message: 'must have only the names of its options', got: key }))
  const message = issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? 'must be another name') : issue.message
  const value = issue.path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown>)?.[key], gateway)
  // The value of an environment variable may be a secret.
  const text = issue.path[0] === 'env' || typeof value === 'function' ? typeof value : JSON.stringify(value)
  const got = issue.code === 'invalid_key' ? String(issue.path.at(-1)) : (text ?? 'nothing')
  return [{ where, message, got }]
}

/** Every text that may contain placeholders, with its path in the options. */
function textsOf({ command = [], env = {}, config }: ImageGateway): [string, string][] {
  return [
    ...command.map((text, at): [string, string] => [`command.${at}`, text]),
    ...Object.entries(env).map(([name, text]): [string, string] => [`env.${name}`, text]),
    ...(config ? [['config.template', config.template] as [string, string]] : []),
  ]
}

/** The identity of a custom gateway, from the image of its container. */
export function customIdentity(gateway: CustomGateway, state: ContainerState, location: string): GatewayIdentity {
  const name = gateway.kind === 'image' ? gateway.image : state.image
  const settings = [`image ${state.imageId}`]
  return {
    kind: 'custom',
    name: `${name} (custom ${gateway.kind})`,
    location,
    settings,
  }
}

/** The path of the compose file that `writeOverride` writes into a folder. */
export function overrideIn(folder: string): string {
  return join(folder, 'gateway.yml')
}

/** Writes the compose file that makes the custom gateway the service `ccr`, and the gateway's configuration file. */
export async function writeOverride(gateway: CustomGateway, places: GatewayPlaces, folder: string): Promise<void> {
  const configFile = join(folder, 'gateway-config')
  await writeFile(overrideIn(folder), overrideOf(gateway, places, configFile))
  if (gateway.kind !== 'image' || !gateway.config) return
  await writeFile(configFile, fillPlaceholders(gateway.config.template, places))
  // The image's user must be able to read it, whatever our umask.
  await chmod(configFile, 0o644)
}

/**
 * Compose passes the proxies of the client's configuration (`proxies` in ~/.docker/config.json) to each container. A proxy would be
 * in the path between gateway and mock, or could not reach the mock at all.
 */
const noProxies: Readonly<Record<string, string>> = Object.fromEntries(
  ['HTTP_PROXY', 'HTTPS_PROXY', 'FTP_PROXY', 'ALL_PROXY', 'NO_PROXY'].flatMap((name) => [
    [name, ''],
    [name.toLowerCase(), ''],
  ]),
)

/**
 * Overrides the service `ccr` of docker-compose.yml. The image runs as its own user, with a writable root file system but
 * without capabilities. It has its own PID namespace, because it may rely on being process 1. Values are JSON, a subset of YAML.
 */
function overrideOf(gateway: CustomGateway, places: GatewayPlaces, configFile: string): string {
  const image = gateway.kind === 'image' ? gateway : undefined
  const fill = (text: string) => fillPlaceholders(text, places)
  // In a compose file, an unescaped dollar sign starts a variable.
  const yaml = (value: unknown) => JSON.stringify(value).replaceAll('$', '$$$$')
  const ownEnv = Object.fromEntries(Object.entries(image?.env ?? {}).map(([name, text]) => [name, fill(text)]))
  const env = { ...noProxies, ...ownEnv }
  const mount = { type: 'bind', source: configFile, target: image?.config?.path, read_only: true }
  return [
    'services:',
    '  ccr:',
    // testcontainers starts this container; with an image, Compose does not try to build one.
    `    image: ${yaml(image?.image ?? 'started-by-testcontainers')}`,
    '    build: !reset null',
    '    user: !reset null',
    '    pid: !reset null',
    '    read_only: false',
    `    environment: !override ${yaml(env)}`,
    ...(image?.command ? [`    command: !override ${yaml(image.command.map(fill))}`] : []),
    '    tmpfs: !override ["/tmp:size=64m"]',
    // The image may have no shell, so the health check runs in the mock's container.
    '    healthcheck: !override { disable: true }',
    ...(image?.config ? [`    volumes: [${yaml(mount)}]`] : []),
    '  runner:',
    '    pid: !reset null',
    '',
  ].join('\n')
}
