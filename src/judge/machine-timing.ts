import { percent } from '../base/format.ts'
import type { Left, MachineReadings } from '../model/instrument.ts'
import { timingLimits } from './timing-limits.ts'
import { reasonAt, type TimingReason } from './timing-reason.ts'

/** What was wrong with the machine of the runner. */
export function machineReasons(machine: MachineReadings): readonly TimingReason[] {
  const { stealShare = 0, listenOverflows = 0, descriptors, ports } = machine
  const { steal } = timingLimits
  return [
    ...reasonAt(
      // What was taken shows in the delay of our loops, where it was taken from us: those have limits of their own.
      false,
      stealShare >= steal,
      () =>
        `the hypervisor gave ${percent(stealShare)} of this machine's CPU time to others (steal, limit: ${percent(steal)}): measure when its host is quiet, or on a machine of your own`,
    ),
    ...reasonAt(
      false,
      listenOverflows > 0,
      () =>
        `on this machine ${listenOverflows} connections met a full accept queue (ListenOverflows, limit: 0), and each was tried again 1 s later: raise net.core.somaxconn or the listener's backlog, or spread the starts with --ramp-ms`,
    ),
    ...leftReasons('file descriptors', descriptors, 'raise `ulimit -n`'),
    ...leftReasons(
      'local ports',
      ports,
      'widen net.ipv4.ip_local_port_range, or wait until those in TIME_WAIT are free',
    ),
  ]
}

function leftReasons(what: string, of: Left | undefined, remedy: string): readonly TimingReason[] {
  if (of === undefined) return []
  const { left, limit } = of
  return reasonAt(
    false,
    left < limit * timingLimits.left,
    () =>
      `the runner nearly ran out of ${what}: ${left} of ${limit} were left (limit: ${percent(timingLimits.left)}): ${remedy}, or ask for fewer streams`,
  )
}
