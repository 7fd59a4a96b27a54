import type { MachineLimits } from './limits.ts'

/** Descriptors that a process has open besides its streams: files, pipes, listeners, control connections. */
const reservedDescriptors = 64
/** Share of the ephemeral ports that a load can rely on; the rest may be in TIME_WAIT or used by other programs. */
const usablePortShare = 0.8
const lastPort = 65_535
/** The recommended port range starts here; lower ports are typical for servers, such as the mock and the gateway. */
const firstFreePort = 10_000
const firstUnprivilegedPort = 1024

/** Descriptors per stream in the process that needs the most of them. */
export type DescriptorsPerStream = 1 | 2

/** The number of streams that one limited resource allows. */
export interface Bound {
  readonly resource: 'descriptors' | 'ports'
  readonly streams: number
  /** How the number of streams follows from the limit. */
  readonly why: string
}

/** The bounds that follow from the known limits, tightest first; empty if no limit is known. */
export function streamBounds(limits: MachineLimits, descriptorsPerStream: DescriptorsPerStream): Bound[] {
  const bounds: Bound[] = []
  const { descriptors, ephemeralPorts } = limits
  if (descriptors && descriptors.soft !== Number.POSITIVE_INFINITY) {
    // The soft limit applies: Node raises it to the hard limit at startup, and child processes inherit that.
    const streams = Math.max(0, Math.floor((descriptors.soft - reservedDescriptors) / descriptorsPerStream))
    const use = descriptorsPerStream === 2 ? '2 per stream in the gateway' : '1 per stream in the client'
    const why = `${descriptors.soft} file descriptors per process, ${use}, ${reservedDescriptors} reserved`
    bounds.push({ resource: 'descriptors', streams, why })
  }
  if (ephemeralPorts) {
    const { first, last } = ephemeralPorts
    const ports = Math.max(0, last - first + 1)
    const why = `${ports} local ports (${first}-${last}) per destination, ${usablePortShare * 100} % of them usable`
    bounds.push({ resource: 'ports', streams: Math.floor(ports * usablePortShare), why })
  }
  return bounds.sort((a, b) => a.streams - b.streams)
}

/** Descriptors that a process needs for this many streams. */
export function descriptorsNeeded(streams: number, perStream: DescriptorsPerStream): number {
  return streams * perStream + reservedDescriptors
}

/** Local ports to one destination that this many streams need. */
export function portsNeeded(streams: number): number {
  return Math.ceil(streams / usablePortShare)
}

/** The commands that let a process open enough descriptors for this many streams. */
export function raiseDescriptors(
  streams: number,
  perStream: DescriptorsPerStream,
  { descriptors }: Pick<MachineLimits, 'descriptors'>,
): string {
  const needed = descriptorsNeeded(streams, perStream)
  const shell = `ulimit -n ${needed}`
  if (descriptors && needed <= descriptors.hard) return `\`${shell}\` in this shell`
  return `\`${shell}\` as root, \`sudo prlimit --pid $$ --nofile=${needed}:${needed}\` as another user, or \`docker run --ulimit nofile=${needed}:${needed}\` for a container`
}

/** The command that widens the range of local ports for this many streams. */
export function raisePorts(streams: number): string {
  const first = lastPort - portsNeeded(streams) + 1
  if (first < firstUnprivilegedPort) {
    const most = Math.floor((lastPort - firstUnprivilegedPort + 1) * usablePortShare)
    return `no port range is large enough for more than ${most} streams between two addresses; use fewer streams`
  }
  const from = first >= firstFreePort ? firstFreePort : firstUnprivilegedPort
  return `\`sudo sysctl -w net.ipv4.ip_local_port_range="${from} ${lastPort}"\``
}
