import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import type { MockTask } from '../messages.ts'
import { createBareScript } from './bare-script.ts'
import { readTask, serve } from './parent.ts'

const { chunks, delayMs } = readTask<MockTask>()
const script = createBareScript(chunks, delayMs)
const head = [
  'HTTP/1.1 200 OK',
  'Content-Type: text/event-stream; charset=utf-8',
  'Transfer-Encoding: chunked',
  'Connection: close',
  '\r\n',
].join('\r\n')
const sockets = new Set<Socket>()

// The lower bound: the cost of only writing in Node.js. It takes the first bytes as the request and does not parse them.
const server = createServer({ noDelay: true }, (socket) => {
  sockets.add(socket)
  const write = (text: string) => socket.write(`${text.length.toString(16)}\r\n${text}\r\n`, 'latin1')
  socket
    .once('data', () => {
      socket.write(head, 'latin1')
      script.play({
        isGone: () => socket.destroyed,
        write,
        end: (text) => {
          write(text)
          socket.end('0\r\n\r\n', 'latin1')
        },
      })
    })
    .once('close', () => sockets.delete(socket))
    .once('error', () => {
      // `close` follows.
    })
})
server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 })
await once(server, 'listening')
await serve({
  url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  pid: process.pid,
  report: script.report,
  close: async () => {
    server.close()
    for (const socket of sockets) socket.destroy()
  },
})
