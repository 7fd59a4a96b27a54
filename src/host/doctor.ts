import { alignRows } from '../base/table.ts'
import { type DescriptorsPerStream, raiseDescriptors, raisePorts, streamBounds } from './capacity.ts'
import type { DockerFacts } from './docker.ts'
import type { MachineLimits } from './limits.ts'

/** Streams with 50 ms between deltas per core, measured with ccr-rust 1.3.0, mock and client on one core (1,200 on 2). */
const streamsPerCore = 600
/** Memory of the client per stream, measured at 5,000 and 10,000 streams. */
const clientKibPerStream = 23
/** The number of streams that `doctor` gives advice for if the machine allows fewer. */
const goal = 10_000
/** Listen backlog that is enough for a burst of connections. */
const goodBacklog = 4096

/** The lines that `doctor` prints. */
export function describeMachine(limits: MachineLimits, docker: DockerFacts): string[] {
  const { kernel, cores, cgroup, descriptors, ephemeralPorts, somaxconn, timeWaitSockets } = limits
  const cpus = Math.min(cores, cgroup?.cpus ?? cores)
  const machine = [
    ['kernel:', kernel],
    [
      'cores:',
      cgroup?.cpus === undefined ? cores : `${cores}, limited to ${round(cgroup.cpus)} by cgroup v${cgroup.version}`,
    ],
    ['memory:', memory(limits)],
    ['descriptors:', descriptors ? describeDescriptors(descriptors) : unknown],
    ['local ports:', ephemeralPorts ? ports(ephemeralPorts, timeWaitSockets) : unknown],
    ['backlog:', somaxconn === undefined ? unknown : `${somaxconn} (net.core.somaxconn)`],
    ['Docker:', dockerVersions(docker)],
  ]
  const capacity = [
    ...capacityRows('run', 'client, mock and gateway on this machine', limits, 2),
    ...capacityRows('stress', 'client on this machine, target elsewhere or with its own limits', limits, 1),
    [
      'timing:',
      `about ${round(cpus * streamsPerCore)} streams with 50 ms between deltas before the CPU is the limit (estimate: ccr-rust 1.3.0 on 2 cores)`,
    ],
    ['memory:', `about ${clientKibPerStream} KiB per stream in the client, plus the gateway's own`],
    ...backlogAdvice(somaxconn),
  ]
  // Both parts are aligned as one table, because they are printed one below the other.
  const lines = alignRows([...machine, ...capacity], ['left'], ' ').map((line) => `  ${line}`)
  return ['This machine', ...lines.slice(0, machine.length), '', 'Streams it can hold', ...lines.slice(machine.length)]
}

const unknown = 'not known on this system'

function capacityRows(
  command: 'run' | 'stress',
  where: string,
  limits: MachineLimits,
  perStream: DescriptorsPerStream,
): string[][] {
  const bounds = streamBounds(limits, perStream)
  const [tightest] = bounds
  if (!tightest) return [[`${command}:`, `no known limit (${where})`]]
  return [
    [`${command}:`, `${tightest.streams} streams (${where}): ${tightest.why}`],
    ...bounds
      .filter(({ streams }) => streams < goal)
      .map(({ resource }) => [
        '',
        `for ${goal} streams: ${resource === 'descriptors' ? raiseDescriptors(goal, perStream, limits) : raisePorts(goal)}`,
      ]),
  ]
}

function backlogAdvice(somaxconn: number | undefined): string[][] {
  if (somaxconn === undefined || somaxconn >= goodBacklog) return []
  const remedy = `use --ramp-ms, or \`sudo sysctl -w net.core.somaxconn=${goodBacklog}\``
  return [['burst:', `more than ${somaxconn} simultaneous starts wait 1 s for a SYN retransmission: ${remedy}`]]
}

function describeDescriptors({ soft, hard }: { soft: number; hard: number }): string {
  const limit = hard === Number.POSITIVE_INFINITY ? 'no hard limit' : `hard limit ${hard}`
  return soft === Number.POSITIVE_INFINITY ? 'no limit' : `${soft} per process (${limit})`
}

function memory({ memoryTotalBytes, memoryAvailableBytes, cgroup }: MachineLimits): string {
  const machine = `${mib(memoryTotalBytes)} MiB, ${mib(memoryAvailableBytes)} MiB available`
  return cgroup?.memoryBytes === undefined
    ? machine
    : `${machine}, limited to ${mib(cgroup.memoryBytes)} MiB by cgroup v${cgroup.version}`
}

function ports({ first, last }: { first: number; last: number }, timeWaitSockets: number | undefined): string {
  const waiting = timeWaitSockets === undefined ? '' : `, ${timeWaitSockets} sockets in TIME_WAIT`
  return `${last - first + 1} (${first}-${last})${waiting}`
}

function dockerVersions({ engine, compose, fault }: DockerFacts): string {
  if (engine === undefined) return `not available (${fault ?? 'no reason given'})`
  return `engine ${engine}, ${compose === undefined ? 'no compose plugin' : `compose ${compose}`}`
}

function mib(bytes: number): number {
  return Math.round(bytes / 2 ** 20)
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
