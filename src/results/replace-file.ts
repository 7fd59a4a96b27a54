import { rename, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { atPath } from './file-error.ts'

/** What a file gets: its text, or its pieces one after the other. */
export type Content = string | Iterable<string>

/**
 * Writes a file under another name in the same folder and renames it, so that nobody ever sees half of it. `tag` makes
 * that other name this writer's own.
 */
export function replaceFile(path: string, content: Content, tag: string): Promise<void> {
  return replace(path, tag, (temporary) => writeFile(temporary, content))
}

/** Makes `path` a link to `target` in one step, whatever link was there before. */
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
