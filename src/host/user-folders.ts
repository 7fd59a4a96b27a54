import { access, constants, mkdtemp, stat } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { EnvironmentError } from '../base/errors.ts'

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such folder',
  ENOTDIR: 'not a folder',
  EEXIST: 'a file with this name exists',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left on the device',
}

/** The user's home folder. Without HOME and without an entry in the user database, an EnvironmentError that names HOME. */
export function homeFolder(env: NodeJS.ProcessEnv, ofSystem: () => string = homedir): string {
  if (env['HOME']) return env['HOME']
  try {
    return ofSystem()
  } catch (cause) {
    const user = process.getuid === undefined ? '' : ` (uid ${process.getuid()})`
    throw new EnvironmentError(`HOME is not set, and this user${user} has no home folder. Set HOME.`, { cause })
  }
}

/** Makes a folder for temporary files. If that is not possible, throws an EnvironmentError that names TMPDIR. */
export async function makeTemporaryFolder(prefix: string, parent: string = tmpdir()): Promise<string> {
  try {
    return await mkdtemp(join(parent, prefix))
  } catch (cause) {
    throw temporaryFolderError(parent, cause)
  }
}

/** Checks that temporary files can be written. */
export async function checkTemporaryFolder(parent: string = tmpdir()): Promise<void> {
  try {
    if (!(await stat(parent)).isDirectory()) throw Object.assign(new Error(parent), { code: 'ENOTDIR' })
    await access(parent, constants.W_OK | constants.X_OK)
  } catch (cause) {
    throw temporaryFolderError(parent, cause)
  }
}

/** The error of a folder for temporary files that cannot be used. */
export function temporaryFolderError(parent: string, cause: unknown): EnvironmentError {
  return new EnvironmentError(
    `TMPDIR: no temporary files can be written to ${parent} (${reasonOf(cause)}). Set TMPDIR to a folder that exists and is writable.`,
    { cause },
  )
}

/** Why the system refused a folder, such as `permission denied`. */
export function reasonOf(cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException
  return reasons[code ?? ''] ?? message
}
