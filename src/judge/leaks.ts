import type { Drain, Remains } from '../model/drain.ts'
import type { Run } from '../model/run.ts'
import type { GatewayFinding, GatewayFindingClass } from './gateway-finding.ts'
import { isBack, mostAfter, peakOfGateway, remainNames } from './remains.ts'

/** What it is called that did not go, and how a reader knows it. */
const leaks: Readonly<Record<keyof Remains, readonly [GatewayFindingClass, string]>> = {
  activeStreams: ['gauge_leak', 'active_streams after the load'],
  mockStreams: ['upstream_not_cancelled', 'streams open at the mock though no client is connected'],
  descriptors: ['fd_leak', 'descriptors after the load'],
  closeWaitSockets: ['fd_leak', 'sockets in CLOSE_WAIT after the load'],
  upstreamSockets: ['fd_leak', 'connections to the mock after the load'],
  memoryBytes: ['memory_growth', 'memory after the load'],
}

/** What the load left behind when the limit was over, and whether the gateway outlived it. None where nobody looked. */
export function leaksOf(run: Run): readonly GatewayFinding[] {
  const { drain } = run
  if (drain === undefined) return []
  const { before, after, limitS } = drain
  const peak = peakOfGateway(run)
  const kept = remainNames.filter((name) => !isBack(name, before, after, peak))
  const leak = (name: keyof Remains): GatewayFinding => {
    const most = mostAfter(name, before, after, peak) ?? 0
    const [kind, metric] = leaks[name]
    const expected = `${most === 0 ? '0' : `at most ${amount(name, most)}`} within ${limitS} s`
    return { class: kind, metric, expected, got: amount(name, after[name] ?? 0) }
  }
  const growth = kept.filter((name) => name === 'memoryBytes')
  return [
    ...kept.filter((name) => name !== 'memoryBytes').map(leak),
    ...deathOf(run, drain),
    // A warning, while the others are failures.
    ...growth.map(leak),
  ]
}

/** A toxic may be what breaks the probe too, and a death has a reason of its own. */
function deathOf({ toxics, died }: Run, { probe, healthFault }: Drain): GatewayFinding[] {
  if (died) return []
  const broken = toxics === undefined && probe?.whole === false ? probe.fault : undefined
  return [
    ...(healthFault === undefined
      ? []
      : [{ class: 'dead_after', metric: 'health check after the load', expected: '200', got: healthFault } as const]),
    ...(broken === undefined
      ? []
      : [{ class: 'dead_after', metric: 'one stream after the load', expected: 'whole', got: broken } as const]),
  ]
}

function amount(name: keyof Remains, value: number): string {
  return name === 'memoryBytes' ? `${(value / 2 ** 20).toFixed(1)} MiB` : `${value}`
}
