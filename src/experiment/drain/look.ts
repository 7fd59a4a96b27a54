import { known } from '../../base/known.ts'
import { readProcessTree } from '../../host/process-tree.ts'
import { readSockets } from '../../host/sockets.ts'
import type { Remains } from '../../model/drain.ts'
import type { GatewayUsage } from '../../model/gateway.ts'
import type { MockStats } from '../../model/mock-stats.ts'
import { readMockStats, readUsage } from '../telemetry.ts'

/** Where to look: URLs, and the gateway's process where it can be seen. */
export interface Places {
  readonly gatewayUrl: string
  readonly mockUrl: string
  readonly gatewayPid?: number
}

/** One look, and what the two said in full. */
export interface Look {
  readonly remains: Remains
  readonly usage?: GatewayUsage
  readonly mock?: MockStats
}

/** Looks once at what a load may leave behind. */
export async function look({ gatewayUrl, mockUrl, gatewayPid }: Places): Promise<Look> {
  const [usage, mock] = await Promise.all([readUsage(gatewayUrl), readMockStats(mockUrl)])
  const sockets = gatewayPid === undefined ? undefined : readSockets(gatewayPid)
  const memoryBytes = gatewayPid === undefined ? undefined : readProcessTree(gatewayPid)?.memoryBytes
  const [activeStreams, mockStreams] = [usage?.active_streams, mock?.streamsOpen]
  return known({ remains: known({ activeStreams, mockStreams, ...sockets, memoryBytes }), usage, mock })
}
