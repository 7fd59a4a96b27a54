import { lstat, mkdir, mkdtemp, rmdir, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { EnvironmentError } from '../base/errors.ts'
import { atPath } from './file-error.ts'
import { latest } from './layout.ts'

const mib = 2 ** 20

/** Free space without which no run starts: 64 MiB, what the files of some 100,000 streams take. */
const leastFreeBytes = 64 * mib

/** Makes the results folder where it is missing, and refuses it where it can't be written to or is all but full. */
export async function checkWritable(folder: string, freeBytesAt = freeBytes): Promise<void> {
  const bytes = await atPath(folder, async () => {
    await mkdir(folder, { recursive: true })
    const link = await lstat(join(folder, latest)).catch(() => undefined)
    if (link && !link.isSymbolicLink())
      throw new EnvironmentError(`${join(folder, latest)}: is no link, and a run wants to point it at its results`)
    // Permissions alone don't tell: a file system may be read-only, and root may do anything.
    await rmdir(await mkdtemp(join(folder, '.writable-')))
    return freeBytesAt(folder)
  })
  if (bytes < leastFreeBytes)
    throw new EnvironmentError(
      `${folder}: ${Math.floor(bytes / mib)} MiB are free, and a run wants ${leastFreeBytes / mib} MiB`,
    )
}

async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}
