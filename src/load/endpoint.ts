import { Buffer } from 'node:buffer'
import { lookup } from 'node:dns/promises'
import type { connect } from 'node:tls'
import { EnvironmentError } from '../base/errors.ts'
import { portOf } from '../base/url.ts'
import type { Target } from '../model/target.ts'
import { protocols } from '../protocol/protocols.ts'

/** Where the streams connect, resolved once before the load, and the head that each of their requests has. */
export interface Endpoint {
  /** A literal IP address: no look-up and no address race is in a stream's connect time. */
  readonly address: string
  readonly port: number
  /** How to connect, and the name to verify a certificate against; absent for plain HTTP, which can spare its 4 MiB of modules. */
  readonly tls?: { readonly connect: typeof connect; readonly serverName: string }
  /** The whole request for a body. */
  readonly request: (body: object) => string
}

/** Resolves a target. Throws an EnvironmentError where its name has no address. */
export async function resolveEndpoint(target: Target, userAgent: string): Promise<Endpoint> {
  const url = new URL(target.baseUrl)
  const protocol = protocols[target.protocol]
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const secure = url.protocol === 'https:'
  // Servers that are not told otherwise listen on 127.0.0.1 alone, where `localhost` may name ::1 first.
  const address = await lookup(host, { order: 'ipv4first' }).then(
    (found) => found.address,
    (cause: NodeJS.ErrnoException) => {
      throw new EnvironmentError(`${host}: no address found (${cause.code ?? cause.message}); check the URL's host`, {
        cause,
      })
    },
  )
  const head = [
    `POST ${url.pathname.replace(/\/$/, '')}${protocol.path}${url.search} HTTP/1.1`,
    `Host: ${url.host}`,
    'Content-Type: application/json',
    'Accept: text/event-stream',
    `User-Agent: ${userAgent}`,
    'Connection: close',
    ...Object.entries(protocol.headers).map(([name, value]) => `${name}: ${value}`),
  ].join('\r\n')
  return {
    address,
    port: portOf(target.baseUrl),
    ...(secure && { tls: { connect: (await import('node:tls')).connect, serverName: host } }),
    request: (body) => {
      const text = JSON.stringify(body)
      return `${head}\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`
    },
  }
}
