import type { GatewayIdentity } from '../model/gateway.ts'
import type { ProtocolName } from '../model/protocol-name.ts'
import type { Host } from '../process/host.ts'
import type { ActiveStreamsProbe } from './active-streams.ts'

/** An npm package; `program` is relative to the folder that it is installed into. */
export interface NpmInstallation {
  readonly by: 'npm'
  readonly package: string
  readonly version: string
  /** Pinned versions of dependencies whose newer releases break the gateway. */
  readonly overrides?: Readonly<Record<string, string>>
  readonly program: string
}

/** A PyPI package, installed into its own virtual environment; `program` is relative to that folder. */
export interface PypiInstallation {
  readonly by: 'pypi'
  readonly package: string
  readonly extras?: string
  readonly version: string
  readonly program: string
}

/** A system package, in the version that the distribution has; `program` is its name on PATH. */
export interface AptInstallation {
  readonly by: 'apt'
  readonly package: string
  readonly program: string
}

/** A gateway that `gateways install` does not install: the user provides it, or it is part of this program. */
interface ProvidedInstallation {
  readonly by: 'provided'
  /** How to get it, for `gateways list`. */
  readonly howToGet: string
  /** Why `gateways install` refuses it, and what to do. */
  readonly notInstallable: string
  /** Finds it for a run, and builds it if necessary; undefined if it is not there. */
  readonly find: (search: GatewaySearch) => Promise<Installed | undefined>
  /** Finds it for `gateways list`: builds nothing and ignores invalid settings. */
  readonly locate: (env: NodeJS.ProcessEnv) => Promise<Installed | undefined>
}

/** How a gateway gets installed on this machine. */
export type Installation = NpmInstallation | PypiInstallation | AptInstallation | ProvidedInstallation

/** Where to look for a gateway: the environment of the host and the flags of `run`. An empty value means not set. */
export interface GatewaySearch {
  readonly host: Host
  readonly ccrBin?: string
  readonly ccrSource?: string
}

/** A gateway's program on this machine; `version` is absent if only the running program can report it. */
export interface Installed {
  readonly program: string
  readonly version?: string
}

/** What a request in one protocol needs to get through a gateway. */
export interface ProtocolSupport {
  /** The model to request if the user names none. */
  readonly model: string
  /** Request headers in addition to those of the protocol. */
  readonly headers?: Readonly<Record<string, string>>
}

/** The values of the placeholders in a gateway's templates and headers. */
export interface TemplateValues {
  readonly port: number
  /** Base URL of the provider, with the path that this gateway expects. */
  readonly upstream: string
  readonly upstreamHost: string
  readonly upstreamPort: number
  /** The gateway's folder: HOME, working folder, and the only place that it writes to. */
  readonly home: string
  readonly model: string
  /** Upstream silence after which the gateway should abort a stream, in ms. */
  readonly idleMs: number
  readonly idleS: number
}

/** The input for a gateway's command line. */
export interface CommandInput extends TemplateValues {
  readonly program: string
  /** The upstream idle timeout, in ms, if the user requested one. */
  readonly idleLimitMs?: number
  readonly isRoot: boolean
  /** The additional request headers of all its protocols, with placeholders filled in. */
  readonly headers: Readonly<Record<string, string>>
  /** The environment that the gateway will get. */
  readonly env: NodeJS.ProcessEnv
  readonly host: Host
}

/** How to start a gateway, and the facts that had to be queried from its program. */
export interface GatewayCommand {
  readonly command: string
  readonly args: readonly string[]
  /** Added to the gateway's environment. */
  readonly env?: Readonly<Record<string, string>>
  /** Opens an IPC channel; only for this program's own commands. */
  readonly channel?: boolean
  readonly version?: string
  readonly settings?: readonly string[]
}

/** The facts that make up a launched gateway's identity. */
export interface IdentityFacts {
  readonly version?: string
  readonly program: string
  readonly url: string
  readonly settings: readonly string[]
}

/** One gateway: how to find, install, configure, start, query and name it. */
export interface GatewayDescriptor {
  /** Its name in a report, before the version; `variant` follows the version in brackets. */
  readonly product: string
  readonly variant?: string
  /** The name of its process in messages; if absent, its name in the report. */
  readonly processName?: string
  /** Its identity in a report; if absent, product, version and variant with kind `installed`. */
  readonly identity?: (facts: IdentityFacts) => GatewayIdentity
  readonly installation: Installation
  /** The protocols that it speaks; the first is the default. */
  readonly protocols: Readonly<Partial<Record<ProtocolName, ProtocolSupport>>>
  /** The path that its upstream base URL has after the mock's origin. */
  readonly upstreamPath: '' | '/v1' | '/v1/chat/completions'
  /** Files in its folder: a template in config/gateways, or a function that writes the content. */
  readonly files: Readonly<Record<string, string | ((values: TemplateValues) => string)>>
  /** `current`: it writes nothing and runs in the current folder. If absent, it runs in its own folder, removed after the run. */
  readonly folder?: 'current'
  /** Its environment; if absent, PATH, language and time zone, with its own folder as HOME. */
  readonly environment?: (host: Host, home: string) => NodeJS.ProcessEnv
  readonly command: (input: CommandInput) => GatewayCommand | Promise<GatewayCommand>
  /** Path that answers 200 when the gateway is ready; if absent, it is ready when it accepts a connection. */
  readonly healthPath?: string
  /** How long it may take to become ready, in ms, if it needs more than the default. */
  readonly readyTimeoutMs?: number
  /** The name of its setting for the upstream idle timeout, for the report; absent if it has no such setting. */
  readonly idleSetting?: string
  /** Its own idle timeout, in ms, for runs that request none; if absent, it gets one that no planned stream reaches. */
  readonly ownIdleMs?: number
  readonly activeStreams?: ActiveStreamsProbe
  /** Its other notable settings, for the report. */
  readonly settings: readonly string[]
  /** Streams (20 deltas/s each) above which two cores, shared with mock and runner, become the bottleneck. */
  readonly streamsOnTwoCores: number
}

const support: ProtocolSupport = { model: 'mock,mock-model' }

/** For a gateway that forwards bytes or speaks every protocol: all protocols of the mock. */
export const everyProtocol: GatewayDescriptor['protocols'] = {
  'anthropic-messages': support,
  'openai-chat-completions': support,
  'openai-responses': support,
}
