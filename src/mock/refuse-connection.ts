import type { Duplex } from 'node:stream'
import { openaiError } from '../protocol/openai-chat-completions.ts'

const refusals: Readonly<Record<string, readonly [status: string, message: string]>> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'the request has too many bytes of headers'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ['413 Payload Too Large', 'the request has too many bytes of chunk extensions'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'the request did not come in time'],
}

/** Answers what the HTTP parser did not take, and closes the connection. Which protocol was meant, nobody knows: it is OpenAI's shape. */
export function refuseConnection(error: NodeJS.ErrnoException, socket: Duplex, isAnswering: boolean): void {
  // In the middle of another answer, anything but the end would be taken for a part of it.
  if (!socket.writable || isAnswering || error.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const [status, message] = refusals[error.code ?? ''] ?? [
    '400 Bad Request',
    `the request is not HTTP: ${error.message}`,
  ]
  refuse(socket, status, message)
}

/** Answers CONNECT, which asks for a tunnel and not for one of our paths. */
export function refuseTunnel(socket: Duplex): void {
  refuse(socket, '405 Method Not Allowed', 'CONNECT is not done here: this is no proxy')
}

function refuse(socket: Duplex, status: string, message: string): void {
  const body = JSON.stringify(openaiError(Number.parseInt(status, 10), message))
  const head = [
    `HTTP/1.1 ${status}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy())
}
