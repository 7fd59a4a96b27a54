import { Buffer } from 'node:buffer'
import { connect as connectTcp, type Socket } from 'node:net'
import type { Endpoint } from './endpoint.ts'

/** One read buffer for all streams: the bytes are processed before the next read. */
const readBuffer = Buffer.allocUnsafe(64 * 1024)

/** Opens a connection for one stream; `onBytes` receives each read, whose bytes are valid only during the call. */
export function openSocket(endpoint: Endpoint, onBytes: (bytes: Buffer, length: number) => void): Socket {
  const { address: host, port, tls } = endpoint
  if (tls) {
    // TLS decrypts into its own buffers.
    const servername = isName(tls.serverName) ? tls.serverName : undefined
    const socket = tls.connect({ host, port, servername })
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

/** SNI allows names only, not IP addresses (RFC 6066, section 3). */
function isName(host: string): boolean {
  return !/^[\d.]+$|:/.test(host)
}
