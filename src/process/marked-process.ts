import { listProcesses, type ReadText, readLink, readTextFile } from '../host/proc.ts'
import { listensOn } from '../host/sockets.ts'

/** Environment variable that marks a gateway's process within a PID namespace; its value is the gateway's kind. */
export const gatewayMark = 'CCR_SSE_STRESS_GATEWAY'

/** A process with the mark. */
export interface MarkedProcess {
  readonly pid: number
  readonly parentPid: number
  readonly mark: string
  readonly env: ReadonlyMap<string, string>
}

/**
 * Finds the marked process that listens on a port itself or through a descendant. If its ancestors are marked too, returns
 * the topmost. Undefined if this user can see no such process, or more than one: processes in different network namespaces
 * can listen on the same port, and then it is unknown which of them answers.
 */
export function findMarkedProcess(port: number): MarkedProcess | undefined {
  const visible = listProcesses().map((pid) => readMarkedProcess(pid))
  const marked = new Map(visible.filter((process) => process !== undefined).map((process) => [process.pid, process]))
  const listeners = [...marked.values()].filter(({ pid }) => listensOn(pid, port))
  const [first, ...others] = new Set(listeners.map((listener) => topmost(listener, marked)))
  return others.length === 0 ? first : undefined
}

/** Reads a process; undefined if it is gone or has no mark. */
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

function topmost(process: MarkedProcess, marked: ReadonlyMap<number, MarkedProcess>): MarkedProcess {
  const parent = marked.get(process.parentPid)
  return parent === undefined ? process : topmost(parent, marked)
}

/** The mount namespace of a process, one per container. Undefined if the process is gone or another user's. */
export function mountsOf(pid: number | 'self'): string | undefined {
  return readLink(`/proc/${pid}/ns/mnt`)
}
