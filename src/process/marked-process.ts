import { listProcesses, type ReadText, readLink, readTextFile } from '../host/proc.ts'
import { listensOn } from '../host/sockets.ts'

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
  const seen = listProcesses().map((pid) => readMarkedProcess(pid))
  const marked = new Map(seen.filter((one) => one !== undefined).map((one) => [one.pid, one]))
  const listeners = [...marked.values()].filter(({ pid }) => listensOn(pid, port))
  const [first, ...others] = new Set(listeners.map((one) => topmost(one, marked)))
  return others.length === 0 ? first : undefined
}

/** Reads one process; undefined where it is gone or carries no mark. */
export function readMarkedProcess(pid: number, readText: ReadText = readTextFile): MarkedProcess | undefined {
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

/** The mount namespace of a process: each container has its own. Undefined where it is gone or not ours to look at. */
export function mountsOf(pid: number | 'self'): string | undefined {
  return readLink(`/proc/${pid}/ns/mnt`)
}
