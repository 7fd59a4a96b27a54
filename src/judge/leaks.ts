import { mebibytes } from '../base/format.ts'
import type { Drain, Remains } from '../model/drain.ts'
import type { Run } from '../model/run.ts'
import type { GatewayFinding, GatewayFindingClass } from './gateway-finding.ts'
import { isBack, mostAfter, peakOfGateway, remainNames } from './remains.ts'

/** One resource before and after the load. Undefined members were not measured. */
export interface JudgedRemains {
  readonly name: keyof Remains
  readonly before?: number
  readonly after?: number
  /** The maximum that may be left; undefined if nothing was measured before the load. */
  readonly limit?: number
  readonly isBack: boolean
  /** From the end of the load until it was back, in ms. */
  readonly backMs?: number
}

/** Judges what the load left behind; empty if nothing was measured. */
export function judgeRemains(run: Pick<Run, 'drain' | 'records' | 'mock'>): readonly JudgedRemains[] {
  const { drain } = run
  if (drain === undefined) return []
  const { before, after, backMs } = drain
  const peak = peakOfGateway(run)
  return remainNames.map((name) => ({
    name,
    before: before[name],
    after: after[name],
    limit: mostAfter(name, before, after, peak),
    isBack: isBack(name, before, after, peak),
    backMs: backMs[name],
  }))
}

/** Finding class and label of each resource that did not drain. */
const leaks: Readonly<Record<keyof Remains, readonly [GatewayFindingClass, string]>> = {
  activeStreams: ['gauge_leak', 'active_streams after the load'],
  mockStreams: ['upstream_not_cancelled', 'streams open at the mock after every client disconnected'],
  descriptors: ['fd_leak', 'descriptors after the load'],
  closeWaitSockets: ['fd_leak', 'sockets in CLOSE_WAIT after the load'],
  upstreamSockets: ['fd_leak', 'connections to the mock after the load'],
  memoryBytes: ['memory_growth', 'memory after the load'],
}

/** What was left when the drain limit was reached, and whether the gateway still serves streams. */
export function leaksOf(run: Run, remains = judgeRemains(run)): readonly GatewayFinding[] {
  const { drain } = run
  if (drain === undefined) return []
  const kept = remains.filter(({ isBack }) => !isBack)
  const leak = ({ name, after = 0, limit = 0 }: JudgedRemains): GatewayFinding => {
    const [kind, metric] = leaks[name]
    const expected = `${limit === 0 ? '0' : `at most ${amount(name, limit)}`} within ${drain.limitS} s`
    return { class: kind, metric, expected, got: amount(name, after) }
  }
  return [
    ...kept.filter(({ name }) => name !== 'memoryBytes').map(leak),
    ...deathOf(run, drain),
    // A warning, while the others are failures.
    ...kept.filter(({ name }) => name === 'memoryBytes').map(leak),
  ]
}

/** Whether the gateway stopped serving. A toxic may break the probe too; a dead gateway already has a reason in the verdict. */
function deathOf({ toxics, died }: Run, { probe, healthFault }: Drain): GatewayFinding[] {
  if (died) return []
  const broken = toxics === undefined && probe?.whole === false ? probe.fault : undefined
  const dead = (metric: string, expected: string, got: string | undefined): GatewayFinding[] =>
    got === undefined ? [] : [{ class: 'dead_after', metric, expected, got }]
  return [
    ...dead('health check after the load', '200', healthFault),
    ...dead('one stream after the load', 'complete', broken),
  ]
}

function amount(name: keyof Remains, value: number): string {
  return name === 'memoryBytes' ? mebibytes(value) : `${value}`
}
