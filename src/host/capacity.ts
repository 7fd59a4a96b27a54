import type { MachineLimits } from './limits.ts'

/** Descriptors that a process has open beside its streams: files, pipes, listeners, the control plane's sockets. */
const reservedDescriptors = 64
/** Share of the ephemeral ports that is counted on: the rest is in TIME_WAIT, or another program's. */
export const usablePortShare = 0.8
/** Descriptors that one stream takes in the process that needs the most of them. */
export type DescriptorsPerStream = 1 | 2

/** One thing that there is only so much of, and the streams that it is enough for. */
export interface Bound {
  readonly resource: 'descriptors' | 'ports'
  readonly streams: number
  /** How the number comes about. */
  readonly why: string
}

/** What the known limits allow, the tightest first; empty where nothing is known. */
export function boundsOf(limits: MachineLimits, descriptorsPerStream: DescriptorsPerStream): Bound[] {
  const bounds: Bound[] = []
  const { descriptors, ephemeralPorts } = limits
  if (descriptors && descriptors.soft !== Number.POSITIVE_INFINITY) {
    // The soft limit is the one in force: Node lifts it to the hard one as it starts, and children inherit that.
    const streams = Math.max(0, Math.floor((descriptors.soft - reservedDescriptors) / descriptorsPerStream))
    const each = descriptorsPerStream === 2 ? '2 a stream in the gateway' : '1 a stream in the client'
    const why = `${descriptors.soft} file descriptors a process, ${each}, ${reservedDescriptors} in reserve`
    bounds.push({ resource: 'descriptors', streams, why })
  }
  if (ephemeralPorts) {
    const { first, last } = ephemeralPorts
    const ports = Math.max(0, last - first + 1)
    const why = `${ports} local ports (${first}-${last}) to each destination, of which ${usablePortShare * 100} % count`
    bounds.push({ resource: 'ports', streams: Math.floor(ports * usablePortShare), why })
  }
  return bounds.sort((a, b) => a.streams - b.streams)
}

/** Descriptors that a process needs for so many streams. */
export function descriptorsNeeded(streams: number, perStream: DescriptorsPerStream): number {
  return streams * perStream + reservedDescriptors
}

/** Local ports to one destination that so many streams need. */
export function portsNeeded(streams: number): number {
  return Math.ceil(streams / usablePortShare)
}
