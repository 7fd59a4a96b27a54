import { hostname, networkInterfaces } from 'node:os'
import type { RequestHandler } from 'express'
import { printable } from '../base/printable.ts'
import { sendBodyError } from './endpoints.ts'

/**
 * Names under which containers reach a mock: the services of the compose files, whose names a gateway may pass on, and this
 * machine as Docker and Podman call it.
 */
export const containerNames: readonly string[] = [
  'mock',
  'gateway-mock',
  'ccr',
  'runner-gateway',
  'host.docker.internal',
  'gateway.docker.internal',
  'host.containers.internal',
]

/** The host of a `Host` header or an origin in lower case, without port and brackets; undefined if it is not a host. */
function hostIn(authority: string): string | undefined {
  if (/[/?#@\\\s]/.test(authority) || !URL.canParse(`http://${authority}`)) return undefined
  return new URL(`http://${authority}`).hostname.replace(/^\[|\]$|\.$/g, '')
}

/** The addresses of this machine's interfaces, as a URL spells them. */
function ownAddresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((addresses = []) => addresses.map(({ address }) => address))
}

/** Whether a host is this machine: a loopback name or address, an own address, or one of `names`. */
export function createHostCheck(names: readonly string[]): (authority: string) => boolean {
  const own = [hostname(), ...containerNames, ...names, ...ownAddresses()]
  const allowed = new Set(own.map((name) => hostIn(name.includes(':') ? `[${name}]` : name) ?? name.toLowerCase()))
  return (authority) => {
    const host = hostIn(authority)
    if (host === undefined) return false
    return host === 'localhost' || host.endsWith('.localhost') || isLoopbackAddress(host) || allowed.has(host)
  }
}

function isLoopbackAddress(host: string): boolean {
  return host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host) || /^::ffff:7f[0-9a-f]{2}:/.test(host)
}

/**
 * Rejects requests that a web page may have sent: a page whose name resolves to this machine (DNS rebinding) has a foreign `Host`
 * (421), and a page of another server a foreign `Origin` (403). A request without either is not from a browser.
 */
export function rejectForeign(names: readonly string[]): RequestHandler {
  const isAllowed = createHostCheck(names)
  // Almost all requests have the same host, so it is parsed once.
  let last: string | undefined
  return (request, response, next) => {
    const { host, origin } = request.headers
    if (host !== undefined && host !== last) {
      if (!isAllowed(host)) {
        const shown = printable(host, 100)
        sendBodyError(request, response, 421, `unknown host ${shown}: start the mock with --allow-host ${shown}`)
        return
      }
      last = host
    }
    if (origin !== undefined && !isAllowed(origin.replace(/^https?:\/\//, ''))) {
      const message = `requests from ${printable(origin, 100)} are not allowed: the mock rejects requests from web pages`
      sendBodyError(request, response, 403, message)
      return
    }
    next()
  }
}
