import type { Socket } from 'node:net'

/** How long a peer may still send after our FIN, in ms. */
const lingerMs = 1000

/**
 * Sends pending data and a FIN, and closes when the peer does, or after a second. Closing a socket with unread bytes sends
 * a RST instead, and the peer may lose what it has not read yet (RFC 9112, section 9.6). The caller must keep reading.
 */
export function endAndLinger(socket: Socket): void {
  socket.end(() => {
    if (socket.destroyed) return
    const timer = setTimeout(() => socket.destroy(), lingerMs)
    socket.once('close', () => clearTimeout(timer))
  })
}

/** Closes a socket with a RST, and drops everything it still has to send. */
export function resetSocket(socket: Socket): void {
  if (socket.connecting) socket.destroy()
  // While a FIN is being sent, libuv refuses to reset, and the descriptor would leak.
  else if (socket.writableEnded && !socket.writableFinished && socket.writableLength === 0 && !socket.destroyed)
    socket.once('finish', () => socket.resetAndDestroy())
  else socket.resetAndDestroy()
}
