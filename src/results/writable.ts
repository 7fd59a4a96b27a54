import { mkdtemp, rmdir, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { EnvironmentError } from '../base/errors.ts'
import { atPath } from '../base/file-error.ts'
import { makeFolders } from '../base/make-folders.ts'

const mib = 2 ** 20

/** Minimum free space for a run: the results of about 100,000 streams. */
const minFreeBytes = 64 * mib

/** Creates the results folder if it is missing. Refuses it if it is not writable or has too little free space. */
export async function checkWritable(folder: string, readFreeBytes = freeBytes): Promise<void> {
  const bytes = await atPath(folder, async () => {
    const existing = await stat(folder).catch(() => undefined)
    if (existing?.isDirectory() === false)
      throw new EnvironmentError(`${folder}: is not a folder. Choose another folder with --out.`)
    await makeFolders(folder)
    // Permissions are not enough: the file system may be read-only, and root ignores them.
    await rmdir(await mkdtemp(join(folder, '.writable-')))
    return readFreeBytes(folder)
  })
  if (bytes < minFreeBytes)
    throw new EnvironmentError(
      `${folder}: only ${Math.floor(bytes / mib)} MiB free; a run needs ${minFreeBytes / mib} MiB. Free some space, or choose another folder with --out.`,
    )
}

async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}
