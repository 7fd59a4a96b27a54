import { lstat, mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { EnvironmentError } from './errors.ts'

/**
 * Makes a folder and the missing folders above it. Node's own recursive `mkdir` never ends on a file system that refuses new folders with
 * ENOENT, such as `/proc`.
 */
export async function makeFolders(path: string, mode?: number): Promise<void> {
  const refusal = await refusalOf(path, mode)
  if (refusal === undefined) return
  const parent = dirname(path)
  if (refusal.code === 'EEXIST' && (await isLink(path)))
    throw new EnvironmentError(`${path}: links to a folder that does not exist. Create it first.`)
  if (refusal.code !== 'ENOENT' || parent === path) throw refusal
  if (await isFolder(parent)) throw new EnvironmentError(`${path}: no folder can be created in ${parent}.`)
  await makeFolders(parent, mode)
  const second = await refusalOf(path, mode)
  if (second !== undefined) throw second
}

/** Makes one folder. Returns why it could not; undefined if it is there now. */
async function refusalOf(path: string, mode: number | undefined): Promise<NodeJS.ErrnoException | undefined> {
  try {
    await mkdir(path, mode)
    return undefined
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause
    const refusal: NodeJS.ErrnoException = cause
    return refusal.code === 'EEXIST' && (await isFolder(path)) ? undefined : refusal
  }
}

async function isLink(path: string): Promise<boolean> {
  return (await lstat(path)).isSymbolicLink()
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch {
    return false
  }
}
