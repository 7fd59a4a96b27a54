import { descriptorTargets, processTree, type ReadText, readTextFile } from './proc.ts'

/** One line of /proc/net/tcp or tcp6. */
interface TcpSocket {
  readonly localPort: number
  readonly remotePort: number
  readonly state: string
  /** Target of the descriptor that owns the socket, such as `socket:[4711]`. */
  readonly descriptor: string
}

/** Socket states in /proc/net/tcp (proc_pid_net(5)). */
export const tcpState = { established: '01', timeWait: '06', closeWait: '08', listen: '0A' } as const

/**
 * All IPv4 and IPv6 sockets of the network namespace of a process; undefined without /proc. The list says nothing about which
 * process owns a socket: compare `descriptor` with the targets of its descriptors.
 */
export function readTcpSockets(pid: number | 'self', readText: ReadText = readTextFile): TcpSocket[] | undefined {
  const tables = ['tcp', 'tcp6']
    .map((name) => readText(`/proc/${pid}/net/${name}`))
    .filter((text) => text !== undefined)
  if (tables.length === 0) return undefined
  return tables
    .flatMap((table) => table.split('\n'))
    .map((line) => line.trim().split(/\s+/))
    .filter(([slot]) => slot !== undefined && /^\d+:$/.test(slot))
    .map(([, local, remote, state = '', , , , , , inode]) => ({
      localPort: portOf(local),
      remotePort: portOf(remote),
      state,
      descriptor: `socket:[${inode}]`,
    }))
}

function portOf(address: string | undefined): number {
  return Number.parseInt(address?.split(':')[1] ?? '', 16)
}

/** Whether a process itself listens on a TCP port. */
export function listensOn(pid: number, port: number): boolean {
  const listeners = readTcpSockets(pid)?.filter(
    ({ state, localPort }) => state === tcpState.listen && localPort === port,
  )
  if (!listeners?.length) return false
  const targets = new Set(descriptorTargets(pid))
  return listeners.some(({ descriptor }) => targets.has(descriptor))
}

/** The descriptors of a process and its descendants, and their TCP sockets that matter after a load. */
interface SocketReading {
  /** Number of open descriptors, of any kind. */
  readonly descriptors: number
  /** Established connections that these processes opened; connections to a port on which they listen do not count. */
  readonly upstreamSockets: number
  /** Sockets in CLOSE_WAIT: the peer has closed, and they are still open here. */
  readonly closeWaitSockets: number
}

/** Reads a process and its descendants from /proc; undefined if the process is gone or belongs to another user. */
export function readSockets(pid: number): SocketReading | undefined {
  const targets = processTree(pid).map(descriptorTargets)
  if (targets[0] === undefined) return undefined
  const descriptors = targets.flatMap((list) => list ?? [])
  // Processes may share a socket.
  const unique = new Set(descriptors)
  const sockets = (readTcpSockets(pid) ?? []).filter(({ descriptor }) => unique.has(descriptor))
  const servedPorts = new Set(
    sockets.filter(({ state }) => state === tcpState.listen).map((socket) => socket.localPort),
  )
  const isUpstream = ({ state, localPort }: TcpSocket) => state === tcpState.established && !servedPorts.has(localPort)
  return {
    descriptors: descriptors.length,
    upstreamSockets: sockets.filter(isUpstream).length,
    closeWaitSockets: sockets.filter(({ state }) => state === tcpState.closeWait).length,
  }
}
