import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import { descriptorTargets, listProcesses, processTree, type ReadText, readTextFile } from './proc.ts'

/** One line of /proc/net/tcp or tcp6. */
interface TcpSocket {
  /** In hexadecimal, as the kernel prints it. */
  readonly localAddress: string
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
      localAddress: local?.split(':')[0] ?? '',
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

/** Local addresses of sockets that accept connections to 127.0.0.1: itself and the wildcards, IPv4 and IPv6 (little-endian words). */
const loopbackListeners = new Set(['0100007F', '00000000', '0'.repeat(32), '0000000000000000FFFF00000100007F'])

/** Whose sockets listen on a port of 127.0.0.1. `unknown`: none is visible, or some process may not be inspected. */
type PortHolder = 'ours' | 'foreign' | 'unknown'

/**
 * Reads whether the sockets that listen on a port of 127.0.0.1 belong to a process that leads its session: to itself, to one of its
 * descendants, or to a process that stayed in its session after its parent had ended. Several sockets may listen on one port
 * (SO_REUSEPORT); a single foreign one gets some of the connections.
 */
export function holderOf(port: number, leaderPid: number): PortHolder {
  const holder = readHolder(port, leaderPid)
  // A process that forks or reopens its socket during the reading looks foreign, but not twice in a row.
  return holder === 'foreign' ? readHolder(port, leaderPid) : holder
}

function readHolder(port: number, leaderPid: number): PortHolder {
  const sockets = listenersOn(port)
  if (sockets.length === 0) return 'unknown'
  const tree = processTree(leaderPid)
  if (holdAll(sockets, tree) === 'ours') return 'ours'
  const session = listProcesses().filter((pid) => sessionOf(pid) === leaderPid)
  return holdAll(sockets, [...new Set([...tree, ...session])])
}

function holdAll(sockets: readonly string[], pids: readonly number[]): PortHolder {
  const targets = pids.map((pid) => ({ pid, open: descriptorTargets(pid) }))
  const open = new Set(targets.flatMap((process) => process.open ?? []))
  if (sockets.every((descriptor) => open.has(descriptor))) return 'ours'
  return targets.some((process) => process.open === undefined && existsSync(`/proc/${process.pid}`))
    ? 'unknown'
    : 'foreign'
}

/** The process that listens on a port of 127.0.0.1, such as `node (pid 4711)`. Undefined if none does or it is not visible. */
export function describeListener(port: number): string | undefined {
  return describeHolder(listenersOn(port))
}

/** The process that has a Unix socket with this abstract name open. Undefined if it is not visible. */
export function describeAbstractSocket(name: string, readText: ReadText = readTextFile): string | undefined {
  const lines = readText('/proc/net/unix')?.split('\n') ?? []
  const fields = lines.map((line) => line.split(' ')).find((columns) => columns.at(-1) === `@${name}`)
  return describeHolder(fields === undefined ? [] : [`socket:[${fields.at(-2)}]`])
}

function listenersOn(port: number): string[] {
  const isListener = ({ state, localPort, localAddress }: TcpSocket) =>
    state === tcpState.listen && localPort === port && loopbackListeners.has(localAddress)
  return (readTcpSockets('self') ?? []).filter(isListener).map(({ descriptor }) => descriptor)
}

function describeHolder(sockets: readonly string[]): string | undefined {
  if (sockets.length === 0) return undefined
  const pid = listProcesses().find((id) => descriptorTargets(id)?.some((target) => sockets.includes(target)))
  if (pid === undefined) return undefined
  const [program = ''] = (readTextFile(`/proc/${pid}/cmdline`) ?? '').split('\0')
  return `${basename(program) || 'a process'} (pid ${pid})`
}

function sessionOf(pid: number): number {
  const stat = readTextFile(`/proc/${pid}/stat`)
  // Field 6; the name in field 2 may contain spaces and brackets.
  return Number(stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[3])
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
