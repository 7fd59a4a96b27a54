import { known } from '../../base/known.ts'
import type { Drain } from '../../model/drain.ts'
import type { MockStats } from '../../model/mock-stats.ts'
import type { ProtocolName } from '../../model/protocol-name.ts'
import type { Run } from '../../model/run.ts'
import type { Scenario } from '../../model/scenario.ts'
import { healthFault } from '../../process/readiness.ts'
import type { Topology } from '../../topology/topology.ts'
import { probeGateway } from './probe.ts'
import { beginWatch } from './watch.ts'

/** What the audit is told of the run around it. */
export interface AuditOptions {
  readonly scenario: Scenario
  readonly protocol: ProtocolName
  readonly userAgent: string
  readonly signal: AbortSignal
}

/** What an audit found, and what the mock had counted before the probe. */
export interface Audited {
  readonly drain?: Drain
  readonly mock?: MockStats
}

/** An audit that has looked before the load. */
export interface Audit {
  /** Looks after it, until all is back or the limit is over, and then asks whether the gateway is alive. Nothing where aborted. */
  readonly finish: (records: Run['records']) => Promise<Audited>
}

/** Begins to audit what a load leaves behind; undefined where nobody is to look, or where no gateway is. */
export async function beginAudit(topology: Topology, options: AuditOptions): Promise<Audit | undefined> {
  const { scenario, protocol, userAgent, signal } = options
  const { gateway, gatewayUrl, mockUrl, gatewayProcess } = topology
  const { drainLimitS = 0 } = scenario
  if (drainLimitS === 0 || gateway.kind === 'none') return undefined
  const watch = await beginWatch(known({ gatewayUrl, mockUrl, gatewayPid: gatewayProcess?.pid }), drainLimitS)
  return {
    finish: async (records) => {
      const watched = await watch.untilBack(records, signal)
      if (watched === undefined) return {}
      const { drain, mock } = watched
      // Not by a proxy before the gateway: it is the gateway that is asked whether it is alive.
      const probe = await probeGateway({ baseUrl: gatewayUrl, protocol }, scenario, userAgent, signal)
      const fault = hasHealth(topology) ? await healthFault(`${gatewayUrl}/health`) : undefined
      return known({ drain: known({ ...drain, probe, healthFault: fault }), mock })
    },
  }
}

/** Of another gateway nobody here knows the path. */
function hasHealth({ gateway }: Topology): boolean {
  return gateway.kind === 'ccr-rust' || gateway.kind === 'reference'
}
