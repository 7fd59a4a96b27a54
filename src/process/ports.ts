import { createServer, type Server } from 'node:net'
import { platform } from 'node:os'
import { EnvironmentError, UsageError } from '../base/errors.ts'
import { portOf } from '../base/url.ts'
import { isLoopback } from '../base/values.ts'
import { describeAbstractSocket, describeListener } from '../host/sockets.ts'

/** A port that the topology will listen on (0: any free port), and the flag that chose it. */
interface PortUse {
  readonly port: number
  readonly flag: string
}

/** Ports that are reserved for this run until this is disposed of. */
interface ReservedPorts extends AsyncDisposable {
  /** In the order of the uses, without zeros. */
  readonly ports: readonly number[]
  /** Releases them synchronously. */
  release(): void
}

/**
 * Reserves ports of 127.0.0.1 for this run and checks that nothing listens on them. A child process opens the port later, so the port
 * must stay reserved between check and start. A reservation is a Unix socket with an abstract name that listens. Such names belong to a
 * network namespace, as ports do, and the kernel frees them when this process ends. Only Linux has them.
 * The error names every port that is in use, and by whom.
 */
export async function reservePorts(uses: readonly PortUse[]): Promise<ReservedPorts> {
  for (const [i, { port, flag }] of uses.entries()) {
    const same = uses.slice(0, i).find((earlier) => port !== 0 && earlier.port === port)
    if (same) throw new UsageError([{ where: flag, message: `must differ from ${same.flag}`, got: String(port) }])
  }
  const locks: Server[] = []
  const release = () => {
    for (const lock of locks) lock.close()
    locks.length = 0
  }
  const problems: string[] = []
  // In ascending order: of two runs with the same ports, the one that gets the lowest gets all of them.
  for (const { port, flag } of uses.filter((use) => use.port !== 0).sort((a, b) => a.port - b.port)) {
    const lock = await lockName(portName(port))
    if (lock === 'taken') {
      const what = `${flag}: port ${port} is in use on 127.0.0.1`
      problems.push(`${what} by ${otherRun(portName(port))}. Wait until it has ended, or choose another port.`)
      break
    }
    if (lock) locks.push(lock)
  }
  // Only with all reservations: the check opens the port for a moment, when another run's mock may want it.
  if (problems.length === 0) problems.push(...(await Promise.all(uses.map(checkFree))).flat())
  if (problems.length > 0) {
    release()
    throw new EnvironmentError(problems.join('\n'))
  }
  const ports: number[] = []
  for (const { port } of uses) ports.push(port === 0 ? await reserveAnyPort(locks) : port)
  return { ports, release, [Symbol.asyncDispose]: async () => release() }
}

/** The error for a port that another process uses. */
export function describePortInUse(port: number, flag: string): string {
  const owner = describeListener(port)
  const inUse = `${flag}: port ${port} is in use on 127.0.0.1`
  return owner === undefined
    ? `${inUse}. Stop the process that listens there (ss -ltnp 'sport = :${port}' shows it), or choose another port.`
    : `${inUse} by ${owner}. Stop that process, or choose another port.`
}

/**
 * Reserves a mock that is already running: two runs would reset and read the same counts. A mock of another run on this machine is
 * reserved by that run. Undefined if this system has no reservations. The error names the run that uses it.
 */
export async function reserveMock(mockUrl: string): Promise<Server | undefined> {
  const name = isLoopback(mockUrl) ? portName(portOf(mockUrl)) : `ccr-sse-stress.mock.${new URL(mockUrl).host}`
  const lock = await lockName(name)
  if (lock !== 'taken') return lock
  throw new EnvironmentError(
    `--mock-url: the mock at ${mockUrl} is in use by ${otherRun(name)}. Wait until it has ended, or start another mock.`,
  )
}

function otherRun(name: string): string {
  const owner = describeAbstractSocket(name)
  return owner === undefined ? 'another run of ccr-sse-stress' : `another run of ccr-sse-stress, ${owner}`
}

function portName(port: number): string {
  return `ccr-sse-stress.port.${port}`
}

/** Takes an abstract name until the server is closed. Undefined if this system has no abstract names. */
function lockName(name: string): Promise<Server | 'taken' | undefined> {
  if (platform() !== 'linux') return Promise.resolve(undefined)
  const server = createServer((socket) => socket.destroy())
  return new Promise((resolve) => {
    server.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code === 'EADDRINUSE' ? 'taken' : undefined))
    // A reservation must not keep a process alive.
    server.listen({ path: `\0${name}`, exclusive: true }, () => resolve(server.unref()))
  })
}

async function checkFree({ port, flag }: PortUse): Promise<readonly string[]> {
  const code = port === 0 ? undefined : await bindOnce(port)
  if (code === undefined) return []
  if (code === 'EADDRINUSE') return [describePortInUse(port, flag)]
  if (code === 'EACCES') return [`${flag}: this user may not open port ${port} (EACCES). Choose a port above 1023.`]
  return [`${flag}: port ${port} cannot be opened on 127.0.0.1 (${code}).`]
}

async function bindOnce(port: number): Promise<string | undefined> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(undefined)))
  })
}

/** Reserves any free port of 127.0.0.1, outside the range of outgoing connections. */
async function reserveAnyPort(locks: Server[]): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 20_000)
    const lock = await lockName(portName(port))
    if (lock === 'taken') continue
    if ((await bindOnce(port)) === undefined) {
      if (lock) locks.push(lock)
      return port
    }
    lock?.close()
  }
}
