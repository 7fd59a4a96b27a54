import { duration, percent } from '../base/format.ts'
import type { Left, MachineReadings } from '../model/instrument.ts'
import { type TimingCheck, worst } from './timing-check.ts'
import { timingLimits } from './timing-limits.ts'

const { steal, suspended, left: minLeft } = timingLimits

/**
 * What can limit a run on the runner's machine. `suspect` only, because real damage shows up as event loop delay; a suspension does
 * not, because the clocks of all processes stop with it.
 */
export const machineChecks: readonly TimingCheck<MachineReadings>[] = [
  {
    id: 'suspended',
    state: ({ suspendedMs = 0 }) => worst(suspendedMs >= suspended, false),
    sentence: ({ suspendedMs = 0 }) =>
      `The machine was suspended for ${duration(suspendedMs)} (limit ${duration(suspended)}). Run again, and keep the machine awake during the load.`,
  },
  {
    id: 'cpu_steal',
    state: ({ stealShare = 0 }) => worst(false, stealShare >= steal),
    sentence: ({ stealShare = 0 }) =>
      `The hypervisor gave ${percent(stealShare)} of this machine's CPU time to other guests (steal, limit ${percent(steal)}). Measure when the host is idle, or on a dedicated machine.`,
  },
  {
    id: 'listen_overflows',
    state: ({ listenOverflows = 0 }) => worst(false, listenOverflows > 0),
    sentence: ({ listenOverflows = 0 }) =>
      `On this machine ${listenOverflows} connections met a full accept queue (ListenOverflows, limit 0), and each was retried after 1 s. Raise net.core.somaxconn or the listener's backlog, or spread the starts with --ramp-ms.`,
  },
  {
    id: 'descriptors',
    state: ({ descriptors }) => worst(false, isNearlyUsed(descriptors)),
    sentence: ({ descriptors }) =>
      `The runner nearly ran out of file descriptors: ${leftText(descriptors)}. Raise \`ulimit -n\`, or use fewer streams.`,
  },
  {
    id: 'local_ports',
    state: ({ ports }) => worst(false, isNearlyUsed(ports)),
    sentence: ({ ports }) =>
      `The runner nearly ran out of local ports: ${leftText(ports)}. Widen net.ipv4.ip_local_port_range, wait for ports in TIME_WAIT, or use fewer streams.`,
  },
]

function isNearlyUsed(resource: Left | undefined): boolean {
  return resource !== undefined && resource.left < resource.limit * minLeft
}

function leftText(resource: Left | undefined): string {
  return resource ? `${resource.left} of ${resource.limit} left (limit ${percent(minLeft)})` : ''
}
