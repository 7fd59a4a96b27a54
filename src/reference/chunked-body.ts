import type { ServerResponse } from 'node:http'

/** The body of an event stream, as it is sent. */
export interface StreamBody {
  /** Sends text; false where the client's buffer is full, and `onDrain` is due once it is empty again. */
  readonly write: (text: string) => boolean
  readonly onDrain: (resume: () => void) => void
  /** Sends the last text and ends the response. */
  readonly end: (text: string) => void
}

/**
 * Sends the head of an event stream and gives what writes its body. The chunks of HTTP are framed here, in one string and one `write`:
 * `ServerResponse` makes four of each and a `writev`, some 3 us more a delta. Where it cannot be done so (HTTP/1.0, a pipelined request
 * whose turn has not come) the response frames its body itself.
 */
export function startBody(client: ServerResponse): StreamBody {
  client.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' })
  client.flushHeaders()
  const { socket } = client
  if (!socket || !client.chunkedEncoding)
    return {
      write: (text) => client.write(text),
      onDrain: (resume) => client.once('drain', resume),
      end: (text) => client.end(text),
    }
  return {
    write: (text) => socket.write(chunkOf(text)),
    onDrain: (resume) => socket.once('drain', resume),
    end: (text) => {
      socket.cork()
      if (text !== '') socket.write(chunkOf(text))
      client.end()
      socket.uncork()
    },
  }
}

/** One chunk of a body in HTTP's chunked coding (RFC 9112, section 7.1). */
function chunkOf(text: string): string {
  return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`
}
