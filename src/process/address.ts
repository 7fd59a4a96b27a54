import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import { connect, isIP } from 'node:net'
import { EnvironmentError } from '../base/errors.ts'
import { portOf } from '../base/url.ts'

/** Time an address has to accept a connection, in ms. */
const acceptWithinMs = 2000

type Lookup = (host: string) => Promise<readonly string[]>

/** Whether the server at an address is the one that the URL means. */
type Check = (address: string) => Promise<boolean>

/** The URL's host without the brackets of an IPv6 address. */
export function hostOf(url: string): string {
  return new URL(url).hostname.replace(/^\[|\]$/g, '')
}

/** The URL with an address instead of the name of its host. */
export function atAddress(url: string, address: string): string {
  const changed = new URL(url)
  changed.hostname = isIP(address) === 6 ? `[${address}]` : address
  return changed.href.replace(/\/$/, url.endsWith('/') ? '/' : '')
}

/**
 * The address to use for a URL: of all addresses that its host has, the first that passes the check (by default: that accepts a
 * connection), IPv4 first. If none does, the first, so that its error is shown. `localhost` may be 127.0.0.1, ::1 or both, and a server
 * may listen on either. Throws an EnvironmentError if there is no address.
 */
export async function addressOf(url: string, check?: Check, allOf: Lookup = allAddresses): Promise<string> {
  const addresses = await allOf(hostOf(url))
  const [first = ''] = addresses
  if (addresses.length === 1) return first
  const port = portOf(url)
  const passes = check ?? ((address: string) => accepts(address, port))
  for (const address of addresses) if (await passes(address)) return address
  return first
}

async function allAddresses(host: string): Promise<readonly string[]> {
  if (isIP(host) !== 0) return [host]
  try {
    return (await lookup(host, { all: true, order: 'ipv4first' })).map(({ address }) => address)
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    throw new EnvironmentError(`${host}: no address found (${code ?? message}). Check the host of the URL.`, { cause })
  }
}

/** Whether an address accepts a connection to a port. */
async function accepts(address: string, port: number): Promise<boolean> {
  const socket = connect({ host: address, port })
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(acceptWithinMs) })
    return true
  } catch {
    // Refused or silent: another address may answer, and the load reports the error of this one.
    return false
  } finally {
    socket.destroy()
  }
}
