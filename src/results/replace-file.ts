import { rename, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { atPath } from '../base/file-error.ts'

/** Content of a file: its text, or its parts in order. */
type Content = string | Iterable<string>

/** Writes a temporary file in the same folder and renames it, so that the file is never incomplete. `tag` names the temporary file. */
export function replaceFile(path: string, content: Content, tag: string): Promise<void> {
  return replace(path, tag, (temporary) => writeFile(temporary, content))
}

/** Makes `path` a link to `target`; replaces an existing link in one step. */
export function replaceLink(path: string, target: string, tag: string): Promise<void> {
  return replace(path, tag, (temporary) => symlink(target, temporary))
}

function replace(path: string, tag: string, write: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = join(dirname(path), `.${tag}.tmp`)
  return atPath(path, async () => {
    try {
      await rm(temporary, { force: true })
      await write(temporary)
      await rename(temporary, path)
    } catch (cause) {
      await rm(temporary, { force: true })
      throw cause
    }
  })
}
