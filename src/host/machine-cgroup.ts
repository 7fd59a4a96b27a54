import { posix } from 'node:path'
import { known } from '../base/known.ts'
import { v1Unlimited } from './proc-text.ts'
import type { ReadText } from './read-text.ts'

/** What the control group of this process, or one above it, leaves of the machine; absent members are not limited. */
export interface CgroupLimits {
  readonly version: 1 | 2
  /** CPU time per wall time, in cores. */
  readonly cpus?: number
  readonly memoryBytes?: number
}

const root = '/sys/fs/cgroup'

/** Reads the limits of CPU and memory; undefined where there are no control groups. */
export function readCgroup(readText: ReadText): CgroupLimits | undefined {
  const groups = readText('/proc/self/cgroup')
  if (groups === undefined) return undefined
  return readText(`${root}/cgroup.controllers`) === undefined ? readV1(groups, readText) : readV2(groups, readText)
}

function readV2(groups: string, readText: ReadText): CgroupLimits {
  const folders = upToRoot(root, /^0::(.*)$/m.exec(groups)?.[1] ?? '/')
  const cpus = folders.map((folder) => {
    const [quota, period] = readText(`${folder}/cpu.max`)?.trim().split(' ') ?? []
    return Number(quota) / Number(period)
  })
  const memory = folders.map((folder) => Number(readText(`${folder}/memory.max`)?.trim()))
  return { version: 2, ...limits(cpus, memory) }
}

function readV1(groups: string, readText: ReadText): CgroupLimits {
  const cpus = v1Folders(groups, 'cpu').map((folder) => {
    const quota = Number(readText(`${folder}/cpu.cfs_quota_us`))
    return quota > 0 ? quota / Number(readText(`${folder}/cpu.cfs_period_us`)) : Number.NaN
  })
  const memory = v1Folders(groups, 'memory').map((folder) => {
    const bytes = Number(readText(`${folder}/memory.limit_in_bytes`) ?? Number.NaN)
    return bytes < v1Unlimited ? bytes : Number.NaN
  })
  return { version: 1, ...limits(cpus, memory) }
}

function v1Folders(groups: string, controller: string): string[] {
  for (const line of groups.split('\n')) {
    const [, controllers = '', path = '/'] = /^\d+:([^:]+):(.*)$/.exec(line) ?? []
    if (controllers.split(',').includes(controller)) return upToRoot(`${root}/${controller}`, path)
  }
  return []
}

/** A limit of any group above holds too; in a container the path may be the host's, and then only the mount is there. */
function upToRoot(mount: string, path: string): string[] {
  const folders: string[] = []
  for (let at = posix.normalize(`/${path}`); at !== '/'; at = posix.dirname(at)) folders.push(`${mount}${at}`)
  return [...folders, mount]
}

function limits(cpus: readonly number[], memory: readonly number[]): Omit<CgroupLimits, 'version'> {
  return known({ cpus: lowest(cpus), memoryBytes: lowest(memory) })
}

function lowest(values: readonly number[]): number | undefined {
  const set = values.filter((value) => Number.isFinite(value) && value > 0)
  return set.length === 0 ? undefined : Math.min(...set)
}
