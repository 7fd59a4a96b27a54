import { Buffer } from 'node:buffer'

/** The head of a chunked event stream. */
export const sseHead =
  'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n'

/** The chunk that ends a chunked body, without trailers. */
export const lastChunk = '0\r\n\r\n'

/** Bytes as one chunk of a chunked body. */
export function chunk(content: string | Buffer): Buffer {
  const bytes = Buffer.from(content)
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')])
}

/** A whole response with a Content-Length. */
export function response(statusLine: string, headers: string, body: string): string {
  return `HTTP/1.1 ${statusLine}\r\n${headers}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
}
