import { readFileSync } from 'node:fs'

/** The text of a file, or undefined where it is not there or not for us to read. */
export type ReadText = (path: string) => string | undefined

const notThere = new Set(['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'EISDIR', 'ENODEV', 'EOPNOTSUPP', 'EINVAL'])

/** Reads files of /proc and /sys, where what is absent is simply not known. */
export function readTextFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (notThere.has((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw error
  }
}
