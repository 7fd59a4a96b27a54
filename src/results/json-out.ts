import { access, constants, realpath, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { EnvironmentError } from '../base/errors.ts'
import { atPath } from './file-error.ts'
import { replaceFile } from './replace-file.ts'

/** Refuses a path for a file of a report that is a folder, whose folder is missing, or that can't be written to. */
export async function checkWritableFile(path: string): Promise<void> {
  const found = await kindOf(path)
  if (found === 'folder') throw new EnvironmentError(`${path}: is a folder, and a file is wanted`)
  const touched = found === 'device' ? path : dirname(path)
  await atPath(path, async () => {
    if (found !== 'device' && (await kindOf(touched)) !== 'folder')
      throw new EnvironmentError(`${path}: its folder ${touched} is not there`)
    await access(touched, constants.W_OK)
  })
}

/** Writes the JSON of `--json-out`; a file that was there is replaced. `id` tells its temporary file from another run's. */
export async function writeJsonOut(path: string, json: object, id: string): Promise<void> {
  await writeTextOut(path, `${JSON.stringify(json, undefined, 2)}\n`, id)
}

/** Writes a text to a file that a flag names; a file that was there is replaced. */
export async function writeTextOut(path: string, text: string, id: string): Promise<void> {
  await checkWritableFile(path)
  const found = await kindOf(path)
  // A rename would put a file in the place of /dev/stdout or of a named pipe, and of a link itself.
  if (found === 'device') await atPath(path, () => writeFile(path, text))
  else await replaceFile(found === 'file' ? await atPath(path, () => realpath(path)) : path, text, id)
}

type Kind = 'file' | 'folder' | 'device' | 'nothing'

async function kindOf(path: string): Promise<Kind> {
  return atPath(path, async () => {
    try {
      const found = await stat(path)
      if (found.isFile()) return 'file'
      return found.isDirectory() ? 'folder' : 'device'
    } catch (cause) {
      if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return 'nothing'
      throw cause
    }
  })
}
