import { Buffer } from 'node:buffer'
import type { connect } from 'node:tls'
import { portOf } from '../base/url.ts'
import type { ProfileName } from '../model/profile-name.ts'
import type { Target } from '../model/target.ts'
import { addressOf, hostOf } from '../process/address.ts'
import { requestForm } from '../protocol/profiles/profiles.ts'
import { protocols } from '../protocol/protocols.ts'

/** Where streams connect, resolved once before the load, and how their requests are written. */
export interface Endpoint {
  /** A literal IP address, so that a stream's connect time contains no lookup. */
  readonly address: string
  readonly port: number
  /** TLS connect function, and the name to verify the certificate against. Plain HTTP does not load these 4 MiB of modules. */
  readonly tls?: { readonly connect: typeof connect; readonly serverName: string }
  /** Formats a complete request with this body. `session` is the id of the client's session. */
  readonly request: (body: string, session: string) => string
}

/** The client whose requests are sent, and the user's headers. */
interface RequestStyle {
  readonly profile: ProfileName
  /** Headers of the user. They replace those of the profile that have the same name. */
  readonly headers?: Readonly<Record<string, string>>
}

/** Resolves a target. Throws an EnvironmentError if its host has no address. */
export async function resolveEndpoint(target: Target, { profile, headers = {} }: RequestStyle): Promise<Endpoint> {
  const url = new URL(target.baseUrl)
  const protocol = protocols[target.protocol]
  const host = hostOf(target.baseUrl)
  const secure = url.protocol === 'https:'
  const address = target.address ?? (await addressOf(target.baseUrl))
  const form = requestForm(profile, target.protocol)
  const query = [url.search.slice(1), form.query ?? ''].filter((text) => text !== '').join('&')
  const ownNames = new Set(Object.keys(headers).map((name) => name.toLowerCase()))
  const profileHeaders = Object.entries(form.headers).filter(([name]) => !ownNames.has(name.toLowerCase()))
  const head = [
    `POST ${url.pathname.replace(/\/$/, '')}${protocol.path}${query === '' ? '' : `?${query}`} HTTP/1.1`,
    `Host: ${url.host}`,
    'Content-Type: application/json',
    // The client decodes no content coding.
    'Accept-Encoding: identity',
    'Connection: close',
    ...profileHeaders.map(([name, value]) => `${name}: ${value}`),
  ].join('\r\n')
  const ownHead = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return {
    address,
    port: portOf(target.baseUrl),
    tls: secure ? { connect: (await import('node:tls')).connect, serverName: host } : undefined,
    request: (body, session) =>
      `${head.replaceAll('{session}', session)}\r\n${ownHead.join('')}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  }
}
