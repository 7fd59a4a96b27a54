import { createServer } from 'node:http'
import type { Logger } from 'pino'
import type { Problem } from '../base/errors.ts'
import { type Listening, listenOn } from '../base/listen.ts'
import { baseUrl } from '../base/values.ts'
import { type Hop, hops } from './parse-toxic.ts'

/** The control URL of a running fault proxy, and its place. */
export interface ProxyControl {
  readonly hop: Hop
  readonly url: string
}

/** Parses `HOP=URL`; if it is invalid, adds a problem and returns undefined. */
export function parseProxyControl(text: string, problems: Problem[]): ProxyControl | undefined {
  const equals = text.indexOf('=')
  const hop = hops.find((known) => known === text.slice(0, Math.max(0, equals)))
  const url = baseUrl.safeParse(text.slice(equals + 1)).data
  if (hop !== undefined && url !== undefined) return { hop, url }
  const message = `must be HOP=URL, with HOP one of ${hops.join(', ')} and a URL without credentials`
  // The text may contain credentials.
  problems.push({ where: '--proxy-control', message, got: hop === undefined ? undefined : `${hop}=...` })
  return undefined
}

/** How to start a control port; 0 means any free port. */
interface ControlOptions {
  readonly host: string
  readonly port: number
  readonly log: Logger
}

/**
 * Starts the control port of a proxy. `/health` answers 200 while the proxy works. A connection through the proxy would not show that:
 * toxics may break it, and the kernel accepts connections for a stopped process.
 */
export async function startProxyControl({ host, port, log }: ControlOptions): Promise<Listening> {
  const server = createServer({ noDelay: true }, ({ url }, response) => {
    response.writeHead(url === '/health' ? 200 : 404, { 'content-type': 'text/plain', connection: 'close' }).end('ok\n')
  })
  const closeConnections = () => server.closeAllConnections()
  return listenOn(server, 'the control port of the proxy', { host, port, log, closeConnections })
}
