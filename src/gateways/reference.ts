import { version } from '../base/version.ts'
import type { GatewayIdentity } from '../model/gateway.ts'
import { ownEnvironment } from '../process/child-environment.ts'
import { everyProtocol, type GatewayDescriptor } from './descriptor.ts'

/** The identity of the embedded reference gateway; its wording makes clear that it is not ccr-rust. */
export function referenceIdentity(gatewayUrl: string): GatewayIdentity {
  return { kind: 'reference', name: 'embedded reference gateway, not ccr-rust', location: gatewayUrl, settings: [] }
}

/** The embedded reference gateway: the command `gateway` of this program. */
export const reference: GatewayDescriptor = {
  product: 'reference gateway',
  processName: 'reference gateway',
  identity: ({ url }) => referenceIdentity(url),
  installation: {
    by: 'provided',
    howToGet: 'a part of ccr-sse-stress',
    notInstallable: 'The reference gateway is part of ccr-sse-stress: there is nothing to install.',
    find: async ({ host }) => ({ program: host.cli.script, version }),
    locate: async () => ({ program: 'ccr-sse-stress', version }),
  },
  protocols: everyProtocol,
  upstreamPath: '/v1',
  files: {},
  folder: 'current',
  environment: ownEnvironment,
  command: ({ program, port, upstream, idleLimitMs, host }) => ({
    command: host.cli.execPath,
    args: [
      ...[program, 'gateway', '--port', String(port), '--upstream', upstream],
      ...(idleLimitMs === undefined ? [] : ['--idle-limit-ms', String(idleLimitMs)]),
      ...['--host', '127.0.0.1'],
    ],
    channel: true,
  }),
  healthPath: '/health',
  settings: [],
  streamsOnTwoCores: 500,
}
