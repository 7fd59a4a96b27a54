import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'

/** What a connection does after its request came: bytes in a write each, conditions to wait for, and how it ends. */
export type Step = string | Buffer | typeof fin | typeof rst | (() => boolean)

/** Ends the connection in order; a script without an end leaves it open until the client goes. */
export const fin = Symbol('fin')

/** Resets the connection. */
export const rst = Symbol('rst')

/** A server that plays the same script of bytes on each connection. */
export interface ScriptServer extends AsyncDisposable {
  readonly baseUrl: string
  readonly port: number
  /** Requests as they came, head and body. */
  readonly requests: readonly string[]
  /** Connections accepted since the start, open now, and the most that were open at a time. */
  readonly connections: { readonly total: number; readonly open: number; readonly peak: number }
}

/** Starts a server on a free port of 127.0.0.1 that answers each request by a script. */
export async function startScriptServer(script: readonly Step[]): Promise<ScriptServer> {
  const open = new Set<Socket>()
  const requests: string[] = []
  let total = 0
  let peak = 0
  const server = createServer((socket) => {
    open.add(socket)
    total++
    peak = Math.max(peak, open.size)
    socket.setNoDelay(true).on('close', () => open.delete(socket))
    // A client that leaves early resets the connection, which is what many scripts are about.
    socket.on('error', () => open.delete(socket))
    let request = ''
    socket.setEncoding('utf8').on('data', (text: string) => {
      request += text
      if (!isWhole(request)) return
      requests.push(request)
      request = ''
      void play(socket, script)
    })
  })
  await listen(server)
  const { port } = server.address() as AddressInfo
  return {
    baseUrl: `http://127.0.0.1:${port}`,
    port,
    requests,
    connections: {
      get total() {
        return total
      },
      get open() {
        return open.size
      },
      get peak() {
        return peak
      },
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of open) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Starts a server that plays a script, uses it, and stops it whatever happens. */
export async function withServer<T>(script: readonly Step[], use: (server: ScriptServer) => Promise<T>): Promise<T> {
  const server = await startScriptServer(script)
  try {
    return await use(server)
  } finally {
    await server[Symbol.asyncDispose]()
  }
}

/** A step that holds for some ms from its first look on; for one connection. */
export function pause(ms: number): () => boolean {
  let end: number | undefined
  return () => {
    end ??= performance.now() + ms
    return performance.now() >= end
  }
}

/** Waits until a condition holds, looking once in each turn of the event loop. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await setImmediate()
}

async function play(socket: Socket, script: readonly Step[]): Promise<void> {
  for (const step of script) {
    if (socket.destroyed) return
    if (step === fin) socket.end()
    else if (step === rst) socket.resetAndDestroy()
    else if (typeof step === 'function') await until(() => socket.destroyed || step())
    else if (typeof step !== 'symbol') await new Promise<void>((written) => socket.write(step, () => written()))
  }
}

async function listen(server: Server): Promise<void> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
}

function isWhole(request: string): boolean {
  const headEnd = request.indexOf('\r\n\r\n')
  const length = /^content-length: *(\d+)/im.exec(request)?.[1] ?? '0'
  return headEnd >= 0 && Buffer.byteLength(request.slice(headEnd + 4)) >= Number(length)
}
