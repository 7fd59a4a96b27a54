import { readdirSync } from 'node:fs'
import { type ReadText, readTextFile } from '../machine/read-text.ts'

/** The variable that marks a gateway's process for those who share its PID namespace: its kind is the value. */
export const gatewayMark = 'CCR_SSE_STRESS_GATEWAY'

/** A process that carries the mark. */
export interface MarkedProcess {
  readonly pid: number
  readonly parentPid: number
  readonly mark: string
  readonly env: ReadonlyMap<string, string>
}

/** Finds the marked process whose parent is not marked too; undefined where none is seen (only the same user's are). */
export function findMarkedProcess(
  pids: readonly number[] = pidsOfProc(),
  readText: ReadText = readTextFile,
): MarkedProcess | undefined {
  const marked = new Map(pids.flatMap((pid) => present(readMarked(pid, readText))).map((one) => [one.pid, one]))
  return [...marked.values()].find(({ parentPid }) => !marked.has(parentPid))
}

function readMarked(pid: number, readText: ReadText): MarkedProcess | undefined {
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

function pidsOfProc(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
}

function present<T>(value: T | undefined): T[] {
  return value === undefined ? [] : [value]
}
