import { readdirSync, readlinkSync } from 'node:fs'
import { readProcText, treeOf } from './process-tree.ts'

/** The descriptors of a process and all below it, and which of them are sockets of TCP that matter after a load. */
export interface SocketReading {
  /** All open descriptors. */
  readonly descriptors: number
  /** Established connections that these processes have opened: none that came to a port on which they listen. */
  readonly upstreamSockets: number
  /** Sockets in CLOSE_WAIT: the other end has left, and they are still open here. */
  readonly closeWaitSockets: number
}

/** States of a socket in /proc/PID/net/tcp (proc_pid_net(5)). */
const [established, closeWait, listening] = ['01', '08', '0A']

/** Reads them from /proc; undefined where the process is gone or another user's. */
export function readSockets(pid: number): SocketReading | undefined {
  const targets = treeOf(pid).map(descriptorsOf)
  if (targets[0] === undefined) return undefined
  const descriptors = targets.flatMap((each) => each ?? [])
  // Processes may share a socket.
  const own = new Set(descriptors)
  const sockets = ['tcp', 'tcp6']
    .flatMap((list) => readProcText(`/proc/${pid}/net/${list}`)?.split('\n') ?? [])
    .map((line) => line.trim().split(/\s+/))
    .map(([, local, , state, , , , , , inode]) => ({ port: local?.split(':')[1], state, inode }))
    // Those of the whole network namespace are listed, each with the inode that its descriptor leads to.
    .filter(({ inode }) => own.has(`socket:[${inode}]`))
  const served = new Set(sockets.filter(({ state }) => state === listening).map(({ port }) => port))
  return {
    descriptors: descriptors.length,
    upstreamSockets: sockets.filter(({ state, port }) => state === established && !served.has(port)).length,
    closeWaitSockets: sockets.filter(({ state }) => state === closeWait).length,
  }
}

/** What each descriptor leads to; undefined where the process is gone or another user's. */
function descriptorsOf(pid: number): string[] | undefined {
  const folder = `/proc/${pid}/fd`
  try {
    return readdirSync(folder).flatMap((name) => {
      try {
        return [readlinkSync(`${folder}/${name}`)]
      } catch {
        // It was closed a moment ago.
        return []
      }
    })
  } catch {
    return undefined
  }
}
