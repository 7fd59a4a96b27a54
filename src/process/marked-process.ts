import { existsSync, readdirSync, readlinkSync } from 'node:fs'
import { readProcText } from '../host/process-tree.ts'
import type { ReadText } from '../host/read-text.ts'

/** The variable that marks a gateway's process for those who share its PID namespace: its kind is the value. */
export const gatewayMark = 'CCR_SSE_STRESS_GATEWAY'

/** A process that carries the mark. */
export interface MarkedProcess {
  readonly pid: number
  readonly parentPid: number
  readonly mark: string
  readonly env: ReadonlyMap<string, string>
}

/**
 * Finds the marked process that listens on a port itself or by one below it, and whose parent is not marked too.
 * Undefined where none is seen (only the same user's are), or several: in other network namespaces they may listen on
 * the same port, and which of them answers there is not known.
 */
export function findMarkedProcess(port: number): MarkedProcess | undefined {
  const seen = pidsOfProc().map((pid) => readMarkedProcess(pid))
  const marked = new Map(seen.filter((one) => one !== undefined).map((one) => [one.pid, one]))
  const listeners = [...marked.values()].filter(({ pid }) => listensOn(port, pid))
  const [first, ...others] = new Set(listeners.map((one) => topmost(one, marked)))
  return others.length === 0 ? first : undefined
}

/** Reads one process; undefined where it is gone or carries no mark. */
export function readMarkedProcess(pid: number, readText: ReadText = readProcText): MarkedProcess | undefined {
  const environ = readText(`/proc/${pid}/environ`)
  if (!environ?.includes(`${gatewayMark}=`)) return undefined
  const env = new Map(
    environ.split('\0').map((entry): [string, string] => {
      const at = entry.indexOf('=')
      return [entry.slice(0, at), entry.slice(at + 1)]
    }),
  )
  const mark = env.get(gatewayMark)
  const parentPid = Number(/^PPid:\s+(\d+)/m.exec(readText(`/proc/${pid}/status`) ?? '')?.[1])
  return mark === undefined || Number.isNaN(parentPid) ? undefined : { pid, parentPid, mark, env }
}

function topmost(one: MarkedProcess, marked: ReadonlyMap<number, MarkedProcess>): MarkedProcess {
  const parent = marked.get(one.parentPid)
  return parent === undefined ? one : topmost(parent, marked)
}

/** Sockets are listed by network namespace (proc_pid_net(5), state 0A is LISTEN); whose they are is told by descriptors. */
function listensOn(port: number, pid: number): boolean {
  const sockets = ['tcp', 'tcp6'].flatMap((list) => readProcText(`/proc/${pid}/net/${list}`)?.split('\n') ?? [])
  const inodes = sockets
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => state === '0A' && Number.parseInt(local?.split(':')[1] ?? '', 16) === port)
    .map((fields) => `socket:[${fields[9]}]`)
  return inodes.length > 0 && descriptorsOf(pid).some((target) => inodes.includes(target))
}

function descriptorsOf(pid: number): string[] {
  const folder = `/proc/${pid}/fd`
  try {
    return readdirSync(folder).map((name) => linkTarget(`${folder}/${name}`) ?? '')
  } catch {
    // It is another user's, or gone.
    return []
  }
}

/** The mount namespace of a process: each container has its own. Undefined where it is gone or not ours to look at. */
export function mountsOf(pid: number | 'self'): string | undefined {
  return linkTarget(`/proc/${pid}/ns/mnt`)
}

function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    // The process ended, or it closed the descriptor, or it is another user's.
    return undefined
  }
}

function pidsOfProc(): number[] {
  // Only Linux has it.
  if (!existsSync('/proc')) return []
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
}
