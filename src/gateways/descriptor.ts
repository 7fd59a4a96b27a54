import type { ProtocolName } from '../model/protocol-name.ts'
import type { ActiveStreamsProbe } from './active-streams.ts'

/** A package of npm; `program` is below the folder that it is installed into. */
export interface NpmInstallation {
  readonly by: 'npm'
  readonly package: string
  readonly version: string
  /** Versions that parts of it are held to, where its own ranges bring ones that break it. */
  readonly overrides?: Readonly<Record<string, string>>
  readonly program: string
}

/** A package of PyPI, into a virtual environment of its own; `program` is below its folder. */
export interface PypiInstallation {
  readonly by: 'pypi'
  readonly package: string
  readonly extras?: string
  readonly version: string
  readonly program: string
}

/** A package of the system, in whatever version that has; `program` is its name on PATH. */
export interface AptInstallation {
  readonly by: 'apt'
  readonly package: string
  readonly program: string
}

/** How a gateway comes onto this machine. */
export type Installation = NpmInstallation | PypiInstallation | AptInstallation

/** How a gateway is asked in one protocol. */
export interface Spoken {
  /** The model to ask for where nobody says another. */
  readonly model: string
  /** Request headers that it wants beside the protocol's own. */
  readonly headers?: Readonly<Record<string, string>>
}

/** What the placeholders of a gateway's templates and headers stand for. */
export interface GatewayGiven {
  readonly port: number
  /** Base URL of the provider, in the style that this gateway wants. */
  readonly upstream: string
  readonly upstreamHost: string
  readonly upstreamPort: number
  /** Its folder: HOME, working folder, and the only place that it writes to. */
  readonly home: string
  /** Silence of the upstream after which it is to give a stream up. */
  readonly idleMs: number
  readonly idleS: number
}

/** What a gateway's command is made from. */
export interface Starting extends GatewayGiven {
  readonly program: string
  /** The Node.js for those that are written for it. */
  readonly node: string
  readonly isRoot: boolean
  readonly headers: Readonly<Record<string, string>>
}

/** One gateway as plain data: how it is had, given its configuration, started and asked. */
export interface GatewayDescriptor {
  /** Its name in a report, before its version, and what is said after it in brackets. */
  readonly product: string
  readonly variant?: string
  readonly installation: Installation
  /** What it speaks; the first is the one where nobody says another. */
  readonly protocols: Readonly<Partial<Record<ProtocolName, Spoken>>>
  /** What is appended to the mock's origin for its base URL. */
  readonly upstreamPath: '' | '/v1' | '/v1/chat/completions'
  /** Files below its home, each from a template below config/gateways. */
  readonly files: Readonly<Record<string, string>>
  readonly command: (starting: Starting) => {
    readonly command: string
    readonly args: readonly string[]
    readonly env?: Readonly<Record<string, string>>
  }
  /** Path that answers 200 once it is ready; undefined: it is once it takes a connection. */
  readonly healthPath?: string
  /** How long it may take until it is ready, where that is longer than any other's, in ms. */
  readonly readyTimeoutMs?: number
  /** Its setting for how long an upstream may be silent; undefined: it has none. */
  readonly idleSetting?: string
  /** Its own idle limit where that is a part of what it is; else it gets one that no stream of the plan reaches. */
  readonly ownIdleMs?: number
  readonly activeStreams?: ActiveStreamsProbe
  /** What was set for it beside that, a sentence each. */
  readonly settings: readonly string[]
  /** Streams at 50 ms a delta beyond which two cores, shared with mock and runner, are what is measured. */
  readonly streamsOnTwoCores: number
}
