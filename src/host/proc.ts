import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** Reads a text file of /proc or /sys; undefined if it does not exist or may not be read. */
export type ReadText = (path: string) => string | undefined

/** Errors that mean "not available here". ESRCH: the process ended during the read, or is a zombie. */
const unavailable = new Set([
  ...['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'EISDIR', 'ENODEV', 'EOPNOTSUPP', 'EINVAL', 'ESRCH'],
])

/** Reads a file of /proc or /sys; undefined if it is not available. Throws any other error. */
export function readTextFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (unavailable.has((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw error
  }
}

/** Reads a file that is sampled under load; also undefined if this process or the machine has no descriptor left. */
export function readSampledFile(path: string): string | undefined {
  try {
    return readTextFile(path)
  } catch (error) {
    if (['EMFILE', 'ENFILE'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw error
  }
}

/** Parses a text that is a non-negative integer, apart from surrounding whitespace; undefined for anything else. */
export function wholeNumber(text: string | undefined): number | undefined {
  const digits = text?.trim() ?? ''
  return /^\d+$/.test(digits) ? Number(digits) : undefined
}

/** The value of a line `name:  N kB` of /proc/meminfo or /proc/PID/status, in bytes; undefined if there is none. */
export function bytesOf(name: string, text: string | undefined): number | undefined {
  const kib = wholeNumber(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text ?? '')?.[1])
  return kib === undefined ? undefined : kib * 1024
}

/** Identifies this boot of the kernel: processes with the same id share its clock. Undefined without /proc. */
export function readBootId(readText: ReadText = readTextFile): string | undefined {
  return readText('/proc/sys/kernel/random/boot_id')?.trim()
}

/** Ids of all visible processes; empty without /proc. */
export function listProcesses(): number[] {
  return listFolder('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
}

/** Ids of a process and all its descendants. The kernel lists children separately for each thread that started them. */
export function processTree(pid: number, readText: ReadText = readTextFile): number[] {
  const threads = listFolder(`/proc/${pid}/task`)
  const children = threads.flatMap((thread) => (readText(`/proc/${pid}/task/${thread}/children`) ?? '').split(' '))
  return [pid, ...children.filter(Boolean).flatMap((child) => processTree(Number(child), readText))]
}

/** The target of every open descriptor of a process; undefined if the process is gone or belongs to another user. */
export function descriptorTargets(pid: number): string[] | undefined {
  const folder = `/proc/${pid}/fd`
  try {
    return readdirSync(folder).flatMap((name) => readLink(`${folder}/${name}`) ?? [])
  } catch {
    return undefined
  }
}

/** The target of a symbolic link of /proc; undefined if it is gone or belongs to another user. */
export function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}

function listFolder(path: string): string[] {
  try {
    return readdirSync(path)
  } catch {
    // No /proc on this system, or the process is gone.
    return []
  }
}
