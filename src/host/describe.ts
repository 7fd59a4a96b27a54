import { boundsOf } from './capacity.ts'
import type { DockerFacts } from './docker.ts'
import type { MachineLimits } from './limits.ts'
import { raiseDescriptors, raisePorts } from './remedy.ts'

/** Streams with 50 ms between deltas that one core was seen to hold, ccr-rust 1.3.0, mock and client all on it (1,200 on 2). */
const streamsPerCore = 600
/** Memory of the client for each stream, measured at 5,000 and 10,000. */
const clientKibPerStream = 23
/** The number that `doctor` shows the way to, where less is possible. */
const goal = 10_000

/** What `doctor` says, line by line. */
export function describeMachine(limits: MachineLimits, docker: DockerFacts): string[] {
  const { kernel, cores, cgroup, descriptors, ephemeralPorts, somaxconn, timeWaitSockets } = limits
  const cpus = Math.min(cores, cgroup?.cpus ?? cores)
  return [
    'This machine',
    row('kernel', kernel),
    row(
      'cores',
      cgroup?.cpus === undefined ? `${cores}` : `${cores}, ${round(cgroup.cpus)} of them by cgroup v${cgroup.version}`,
    ),
    row('memory', memory(limits)),
    row('descriptors', descriptors ? describeDescriptors(descriptors) : unknown),
    row('local ports', ephemeralPorts ? ports(ephemeralPorts, timeWaitSockets) : unknown),
    row('backlog', somaxconn === undefined ? unknown : `${somaxconn} (net.core.somaxconn)`),
    row('Docker', dockerRow(docker)),
    '',
    'Streams it can hold',
    ...holds('run', 'client, mock and gateway here', limits, 2),
    ...holds('stress', 'client here, the target elsewhere or with limits of its own', limits, 1),
    row(
      'timing',
      `about ${round(cpus * streamsPerCore)} streams with 50 ms between deltas before the cores are the limit (an indication: ccr-rust 1.3.0 on 2 cores)`,
    ),
    row('memory', `about ${clientKibPerStream} KiB a stream in the client, the gateway's apart`),
    ...backlogAdvice(somaxconn),
  ]
}

const unknown = 'not known on this system'

function row(name: string, text: string): string {
  return `  ${`${name}:`.padEnd(13)}${text}`
}

function holds(command: string, what: string, limits: MachineLimits, perStream: 1 | 2): string[] {
  const [tightest, ...others] = boundsOf(limits, perStream)
  if (!tightest) return [row(command, `no limit known (${what})`)]
  const lines = [row(command, `${tightest.streams} streams (${what}); ${tightest.why}`)]
  for (const bound of [tightest, ...others].filter(({ streams }) => streams < goal)) {
    const how = bound.resource === 'descriptors' ? raiseDescriptors(goal, perStream, limits) : raisePorts(goal)
    lines.push(`${' '.repeat(15)}for ${goal}: ${how}`)
  }
  return lines
}

function backlogAdvice(somaxconn: number | undefined): string[] {
  if (somaxconn === undefined || somaxconn >= 4096) return []
  return [
    row(
      'burst',
      `more than ${somaxconn} starts at once wait 1 s for a second SYN: \`sudo sysctl -w net.core.somaxconn=4096\`, or --ramp-ms`,
    ),
  ]
}

function describeDescriptors({ soft, hard }: { soft: number; hard: number }): string {
  const limit = hard === Number.POSITIVE_INFINITY ? 'no hard limit' : `hard limit ${hard}`
  return soft === Number.POSITIVE_INFINITY ? 'no limit' : `${soft} a process (${limit})`
}

function memory({ memoryTotalBytes, memoryAvailableBytes, cgroup }: MachineLimits): string {
  const machine = `${mib(memoryTotalBytes)} MiB, ${mib(memoryAvailableBytes)} available`
  return cgroup?.memoryBytes === undefined
    ? machine
    : `${machine}, ${mib(cgroup.memoryBytes)} by cgroup v${cgroup.version}`
}

function ports({ first, last }: { first: number; last: number }, timeWaitSockets: number | undefined): string {
  const waiting = timeWaitSockets === undefined ? '' : `, ${timeWaitSockets} sockets in TIME_WAIT`
  return `${last - first + 1} (${first}-${last})${waiting}`
}

function dockerRow({ engine, compose, fault }: DockerFacts): string {
  if (engine === undefined) return `no engine (${fault ?? 'no reason given'})`
  return `engine ${engine}, ${compose === undefined ? 'no compose plugin' : `compose ${compose}`}`
}

function mib(bytes: number): number {
  return Math.round(bytes / 2 ** 20)
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
