import type { Socket } from 'node:net'

/** Ends a connection by RST, whatever it still has to send. */
export function reset(socket: Socket): void {
  if (socket.connecting) socket.destroy()
  // While a FIN is on its way, libuv refuses to reset, and the descriptor would be lost.
  else if (socket.writableEnded && !socket.writableFinished && socket.writableLength === 0 && !socket.destroyed)
    socket.once('finish', () => socket.resetAndDestroy())
  else socket.resetAndDestroy()
}
