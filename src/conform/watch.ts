import { portOf } from '../base/url.ts'
import { readMockStats, resetIdleMock } from '../experiment/telemetry.ts'
import { watchCpuShare } from '../host/cpu-share.ts'
import { startSelfCheck } from '../host/self-check.ts'
import type { CaseSurroundings } from '../judge/busy.ts'
import type { Topology } from '../topology/topology.ts'

/** Starts to measure the harness and the machine; the returned function ends it. */
export type WatchCases = (topology: Topology, signal: AbortSignal) => Promise<() => Promise<CaseSurroundings>>

/** Measures runner, mock and machine while cases run. Resets the mock's counters, so read what it did in time. */
export const watchCases: WatchCases = async (topology, signal) => {
  await resetIdleMock(topology.mockUrl, 0, signal)
  const selfCheck = startSelfCheck(portOf(topology.gatewayUrl))
  const cpuShare = watchCpuShare()
  return async () => {
    selfCheck.end()
    const cpuBusyShare = cpuShare()
    const { runner, machine } = selfCheck.read(0)
    const mock = (await readMockStats(topology.mockUrl))?.instrument ?? []
    return { runner, mock, machine, cpuBusyShare }
  }
}
