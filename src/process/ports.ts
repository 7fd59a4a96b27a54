import { createServer } from 'node:net'
import { EnvironmentError, UsageError } from '../base/errors.ts'

/** A port that the topology is going to listen on, and the flag that chose it. */
export interface PortUse {
  readonly port: number
  readonly flag: string
}

/** Checks that nothing listens on these ports of 127.0.0.1; every one that is taken stands in the error. */
export async function checkPortsFree(uses: readonly PortUse[]): Promise<void> {
  for (const [i, { port, flag }] of uses.entries()) {
    const same = uses.slice(0, i).find((other) => other.port === port)
    if (same) throw new UsageError([{ where: flag, message: `must differ from ${same.flag}`, got: String(port) }])
  }
  const refusals = await Promise.all(uses.map(({ port }) => bindOnce(port)))
  const problems = uses.flatMap(({ port, flag }, i) => {
    const code = refusals[i]
    return code === undefined ? [] : [describeRefusal(port, flag, code)]
  })
  if (problems.length > 0) throw new EnvironmentError(problems.join('\n'))
}

function describeRefusal(port: number, flag: string, code: string): string {
  if (code === 'EADDRINUSE')
    return `port ${port} (${flag}) is in use on 127.0.0.1: end what listens there (ss -ltnp 'sport = :${port}' names it), or choose another with ${flag}`
  if (code === 'EACCES') return `port ${port} (${flag}) may not be opened by this user (EACCES): choose one above 1023`
  return `port ${port} (${flag}) cannot be opened on 127.0.0.1 (${code})`
}

async function bindOnce(port: number): Promise<string | undefined> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(undefined)))
  })
}

/** Two ports of 127.0.0.1 that are free now, outside those that outgoing connections get. */
export async function twoFreePorts(): Promise<readonly [number, number]> {
  const found = new Set<number>()
  while (found.size < 2) {
    const port = 10_000 + Math.floor(Math.random() * 20_000)
    if ((await bindOnce(port)) === undefined) found.add(port)
  }
  return [...found] as unknown as readonly [number, number]
}
