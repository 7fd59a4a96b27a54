import type { TestContainer } from 'testcontainers'
import { z } from 'zod'
import { type Problem, UsageError } from '../../base/errors.ts'
import { oneOf, urlPath } from '../../base/values.ts'
import { type GatewayPlaces, placeholderProblems } from '../../gateways/template.ts'
import type { GatewayIdentity } from '../../model/gateway.ts'
import { type ProtocolName, protocolNames } from '../../model/protocol-name.ts'
import type { ContainerState } from './compose-project.ts'
import type { GatewayLimits } from './gateway-limits.ts'

interface AnyCustomGateway extends GatewayLimits {
  /** Where it listens, on all addresses of its container. */
  readonly port: number
  /** Answers 200 once it is ready: `/health` where not given. */
  readonly healthPath?: string
  /** How long it may take until it does, in s: 60 where not given. */
  readonly readyTimeoutS?: number
  /** What it speaks, what a run uses first: `anthropic-messages` alone where not given. */
  readonly protocols?: readonly ProtocolName[]
}

/** An image as the gateway. Of its texts, {{upstream}}, {{port}} and {{model}} are filled in: see `GatewayPlaces`. */
export interface ImageGateway extends AnyCustomGateway {
  readonly kind: 'image'
  /** Pulled where this machine has none of that name, and left there. */
  readonly image: string
  /** The image's own where not given; its entry point stays. */
  readonly command?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** A file of the container, which can't write to it. */
  readonly config?: { readonly path: string; readonly template: string }
}

/** A container of testcontainers' as the gateway: what it publishes and how it waits is not used, its health path is. */
export interface ContainerGateway extends AnyCustomGateway {
  readonly kind: 'container'
  /** A `GenericContainer`, or what makes one. */
  readonly container: TestContainer | ((places: GatewayPlaces) => TestContainer | Promise<TestContainer>)
}

/** A gateway of the user's own, checked, with all that was left out. */
export type CustomGateway = (ImageGateway | ContainerGateway) &
  Required<Pick<AnyCustomGateway, 'healthPath' | 'readyTimeoutS' | 'protocols'>>

const portText = 'must be a whole number from 1 to 65535'
const limitText = 'must be a number above 0'
const limit = z.number(limitText).positive(limitText).optional()
const protocolsText = `must be a list of at least one of ${protocolNames.join(', ')}`
const words = 'must be text'
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
  command: z.array(z.string(words), 'must be a list of texts').optional(),
  env: z
    .record(z.string().regex(/^[A-Za-z_][\w.]*$/, variable), z.string(words), 'must be an object of texts')
    .optional(),
  config: z
    .strictObject(
      { path: z.string(absolute).regex(/^\/([^\p{Cc}]*[^/\p{Cc}])$/u, absolute), template: z.string(words) },
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

/** Checks a gateway of the user's own and where it is to stand. Throws a UsageError with every problem there is. */
export function customGatewayOf(
  given: ImageGateway | ContainerGateway,
  { driver, runner }: { readonly driver: string; readonly runner?: string },
): CustomGateway {
  const parsed = (given.kind === 'image' ? image : container).safeParse(given)
  const problems = parsed.success ? [] : parsed.error.issues.flatMap((issue) => problemsOf(issue, given))
  if (driver === 'local')
    problems.push({
      where: 'driver',
      message: `must be testcontainers or compose for a gateway of kind ${given.kind}`,
      got: driver,
    })
  else if (given.kind === 'container' && runner === 'host')
    problems.push({
      where: 'runner',
      message: "must be container for a gateway of kind container: the topology's own network publishes no port",
      got: runner,
    })
  if (parsed.success && given.kind === 'image') problems.push(...placeholderProblems('gateway', textsOf(given)))
  if (problems.length > 0 || !parsed.success) throw new UsageError(problems)
  return parsed.data as CustomGateway
}

function problemsOf(issue: z.core.$ZodIssue, given: object): Problem[] {
  const where = ['gateway', ...issue.path].join('.')
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ where, message: 'must have only the names of its options', got: key }))
  const message = issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? 'must be another name') : issue.message
  const value = issue.path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown>)?.[key], given)
  // What stands in the environment may be a secret.
  const text = issue.path[0] === 'env' || typeof value === 'function' ? typeof value : JSON.stringify(value)
  const got = issue.code === 'invalid_key' ? String(issue.path.at(-1)) : (text ?? 'nothing')
  return [{ where, message, got }]
}

/** Every text that may name a place, by where it stands. */
function textsOf({ command = [], env = {}, config }: ImageGateway): [string, string][] {
  return [
    ...command.map((text, at): [string, string] => [`command.${at}`, text]),
    ...Object.entries(env).map(([name, text]): [string, string] => [`env.${name}`, text]),
    ...(config ? [['config.template', config.template] as [string, string]] : []),
  ]
}

/** What was tested, by the image of its container. */
export function customIdentity(gateway: CustomGateway, state: ContainerState, location: string): GatewayIdentity {
  const name = gateway.kind === 'image' ? gateway.image : state.image
  const settings = [`image ${state.imageId}`]
  return {
    kind: 'custom',
    name: `${name} (${gateway.kind === 'image' ? 'an image' : 'a container'} of the user's)`,
    location,
    settings,
  }
}
