import { Buffer } from 'node:buffer'
import { connect as connectTcp, type Socket } from 'node:net'
import type { Endpoint } from './endpoint.ts'

/** One buffer for the reads of all streams: bytes are used up before the next read, so no stream needs its own. */
const readBuffer = Buffer.allocUnsafe(64 * 1024)

/** Opens a connection of its own for one stream; `onBytes` takes each read, whose bytes are valid only during the call. */
export function openSocket(endpoint: Endpoint, onBytes: (bytes: Buffer, length: number) => void): Socket {
  const { address: host, port, tls } = endpoint
  if (tls) {
    // TLS decrypts into buffers of its own.
    const socket = tls.connect({ host, port, ...(isName(tls.serverName) && { servername: tls.serverName }) })
    return socket.setNoDelay(true).on('data', (bytes: Buffer) => onBytes(bytes, bytes.length))
  }
  return connectTcp({
    host,
    port,
    noDelay: true,
    onread: {
      buffer: readBuffer,
      callback: (length) => {
        onBytes(readBuffer, length)
        return true
      },
    },
  })
}

/** Names may be sent to the server; IP addresses may not (RFC 6066, section 3). */
function isName(host: string): boolean {
  return !/^[\d.]+$|:/.test(host)
}
