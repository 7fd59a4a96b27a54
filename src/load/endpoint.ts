import { Buffer } from 'node:buffer'
import { lookup } from 'node:dns/promises'
import type { connect } from 'node:tls'
import { EnvironmentError } from '../base/errors.ts'
import { portOf } from '../base/url.ts'
import { version } from '../base/version.ts'
import type { Target } from '../model/target.ts'
import { protocols } from '../protocol/protocols.ts'

/** Where streams connect, resolved once before the load, and how their requests are written. */
export interface Endpoint {
  /** A literal IP address, so that a stream's connect time contains no lookup. */
  readonly address: string
  readonly port: number
  /** TLS connect function, and the name to verify the certificate against. Plain HTTP does not load these 4 MiB of modules. */
  readonly tls?: { readonly connect: typeof connect; readonly serverName: string }
  /** Formats a complete request with this body. */
  readonly request: (body: object) => string
}

/** Resolves a target. Throws an EnvironmentError if its host has no address. */
export async function resolveEndpoint(target: Target): Promise<Endpoint> {
  const url = new URL(target.baseUrl)
  const protocol = protocols[target.protocol]
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const secure = url.protocol === 'https:'
  // Many servers listen on 127.0.0.1 only, while `localhost` may resolve to ::1 first.
  const address = await lookup(host, { order: 'ipv4first' }).then(
    (result) => result.address,
    (cause: NodeJS.ErrnoException) => {
      throw new EnvironmentError(
        `${host}: no address found (${cause.code ?? cause.message}). Check the host of the URL.`,
        {
          cause,
        },
      )
    },
  )
  const head = [
    `POST ${url.pathname.replace(/\/$/, '')}${protocol.path}${url.search} HTTP/1.1`,
    `Host: ${url.host}`,
    'Content-Type: application/json',
    'Accept: text/event-stream',
    // The client decodes no content coding.
    'Accept-Encoding: identity',
    `User-Agent: ccr-sse-stress/${version}`,
    'Connection: close',
    ...Object.entries(protocol.headers).map(([name, value]) => `${name}: ${value}`),
  ].join('\r\n')
  return {
    address,
    port: portOf(target.baseUrl),
    tls: secure ? { connect: (await import('node:tls')).connect, serverName: host } : undefined,
    request: (body) => {
      const text = JSON.stringify(body)
      return `${head}\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`
    },
  }
}
