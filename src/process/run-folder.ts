import { randomBytes } from 'node:crypto'
import { lstatSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { listProcesses, readTextFile } from '../host/proc.ts'
import { temporaryFolderError } from '../host/user-folders.ts'
import { guardFolder } from './guard.ts'
import type { Host } from './host.ts'
import { markedIsGone, markOf } from './owner.ts'

/** A temporary folder for this user only. Disposing of it removes it with its content. */
interface RunFolder extends AsyncDisposable {
  readonly path: string
  /** Removes it synchronously. */
  removeNow(): void
  /** Lets this process end while the folder exists: its guard removes it. */
  unref(): void
}

const prefix = 'ccr-sse-stress-'
const folderName = /^ccr-sse-stress-(?:compose-)?(\d+-\d+-[0-9a-f]{8})-[0-9A-Za-z]+$/

// A process that was killed a moment ago may still be writing.
const removal = { recursive: true, force: true, maxRetries: 3, retryDelay: 20 } as const

/** How the name of a temporary folder of this process starts. `cleanup` reads from it whether the process has ended. */
export function folderPrefix(kind: '' | 'compose-' = ''): string {
  return `${prefix}${kind}${markOf()}-`
}

/** Makes a temporary folder (0700). It is removed even if this process is killed: its guard exists before it. */
export function createRunFolder(parent: string, host: Pick<Host, 'env' | 'log'>): RunFolder {
  const path = join(parent, `${folderPrefix()}${randomBytes(4).toString('hex')}`)
  const guard = guardFolder(path, host)
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (cause) {
    guard.release()
    throw temporaryFolderError(parent, cause)
  }
  return {
    path,
    removeNow: () => rmSync(path, removal),
    unref: guard.unref,
    async [Symbol.asyncDispose]() {
      await rm(path, removal)
      guard.release()
      await guard.gone
    },
  }
}

/** Removes this user's folders whose process and guard were killed, and kills what still runs in them. Returns their paths. */
export async function removeLeftFolders(parent: string): Promise<readonly string[]> {
  const left = namesIn(parent)
    .filter((name) => folderName.test(name))
    .map((name) => join(parent, name))
    .filter(isLeft)
  for (const path of left) {
    killProcessesIn(path)
    await rm(path, removal)
  }
  return left
}

function namesIn(parent: string): readonly string[] {
  try {
    return readdirSync(parent)
  } catch (cause) {
    throw temporaryFolderError(parent, cause)
  }
}

function isLeft(path: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  // The folder for temporary files belongs to everyone: only our own, and no link.
  if (!stats?.isDirectory() || stats.uid !== process.getuid?.()) return false
  return markedIsGone(folderName.exec(basename(path))?.[1] ?? '') ?? stats.ctimeMs < bootMs()
}

/** When the machine started; 0 without /proc. */
function bootMs(): number {
  return 1000 * Number(/^btime (\d+)$/m.exec(readTextFile('/proc/stat') ?? '')?.[1] ?? 0)
}

/** Its own folder is a gateway's HOME. */
function killProcessesIn(folder: string): void {
  for (const pid of listProcesses()) {
    if (!readTextFile(`/proc/${pid}/environ`)?.split('\0').includes(`HOME=${folder}`)) continue
    try {
      process.kill(pid, 'SIGKILL')
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'ESRCH') throw cause
    }
  }
}
