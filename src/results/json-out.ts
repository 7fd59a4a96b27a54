import { access, constants, lstat, readFile, realpath, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { EnvironmentError, UsageError } from '../base/errors.ts'
import { atPath } from './file-error.ts'
import { replaceFile } from './replace-file.ts'

/** Refuses a path for an output file if it is a folder, its folder is missing, or it is not writable. */
export async function checkWritableFile(path: string): Promise<void> {
  const kind = await kindOf(path)
  if (kind === 'folder') throw new EnvironmentError(`${path}: is a folder. Give the name of a file.`)
  const written = kind === 'device' ? path : dirname(path)
  await atPath(path, async () => {
    if (kind !== 'device' && (await kindOf(written)) !== 'folder')
      throw new EnvironmentError(`${path}: the folder ${written} does not exist. Create it first.`)
    await access(written, constants.W_OK)
  })
}

/**
 * Does `work` without what an earlier run wrote to these output files, so that it never looks like the result of work that fails or is
 * killed. Only regular files are removed; the file behind a link is emptied, so that the link stays. If `work` finds an error in the
 * user's input, nothing was done, and the files are restored.
 */
export async function withoutOldOutputs<T>(paths: readonly string[], work: () => Promise<T>): Promise<T> {
  const old = new Map<string, Buffer>()
  for (const path of paths) {
    if ((await kindOf(path)) !== 'file') continue
    await atPath(path, async () => {
      old.set(path, await readFile(path))
      if ((await lstat(path)).isSymbolicLink()) await truncate(path)
      else await rm(path, { force: true })
    })
  }
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof UsageError)
      for (const [path, content] of old) await atPath(path, () => writeFile(path, content))
    throw cause
  }
}

/** Writes the JSON of `--json-out`; replaces an existing file. `id` names the temporary file. */
export async function writeJsonOut(path: string, json: object, id: string): Promise<void> {
  await writeTextOut(path, `${JSON.stringify(json, undefined, 2)}\n`, id)
}

/** Writes a text to a file; replaces an existing one. `id` names the temporary file. */
export async function writeTextOut(path: string, text: string, id: string): Promise<void> {
  await checkWritableFile(path)
  const kind = await kindOf(path)
  // A rename would replace the device, the pipe or the link itself.
  if (kind === 'device') await atPath(path, () => writeFile(path, text))
  else await replaceFile(kind === 'file' ? await atPath(path, () => realpath(path)) : path, text, id)
}

type Kind = 'file' | 'folder' | 'device' | 'nothing'

async function kindOf(path: string): Promise<Kind> {
  return atPath(path, async () => {
    try {
      const stats = await stat(path)
      if (stats.isFile()) return 'file'
      return stats.isDirectory() ? 'folder' : 'device'
    } catch (cause) {
      if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return 'nothing'
      throw cause
    }
  })
}
