import { createServer } from 'node:net'
import { EnvironmentError, UsageError } from '../base/errors.ts'

/** A port that the topology will listen on, and the flag that chose it. */
interface PortUse {
  readonly port: number
  readonly flag: string
}

/** Checks that nothing listens on these ports of 127.0.0.1. The error names every port that is in use. */
export async function checkPortsFree(uses: readonly PortUse[]): Promise<void> {
  for (const [i, { port, flag }] of uses.entries()) {
    const same = uses.slice(0, i).find((earlier) => earlier.port === port)
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
    return `${flag}: port ${port} is in use on 127.0.0.1. Stop the process that listens there (ss -ltnp 'sport = :${port}' shows it), or choose another port.`
  if (code === 'EACCES') return `${flag}: this user may not open port ${port} (EACCES). Choose a port above 1023.`
  return `${flag}: port ${port} cannot be opened on 127.0.0.1 (${code}).`
}

async function bindOnce(port: number): Promise<string | undefined> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(undefined)))
  })
}

/** Two free ports of 127.0.0.1, outside the range of outgoing connections. */
export async function twoFreePorts(): Promise<readonly [number, number]> {
  const free = new Set<number>()
  while (free.size < 2) {
    const port = 10_000 + Math.floor(Math.random() * 20_000)
    if ((await bindOnce(port)) === undefined) free.add(port)
  }
  return [...free] as unknown as readonly [number, number]
}
