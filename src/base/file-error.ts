import { EnvironmentError } from './errors.ts'

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left on the device',
  EDQUOT: 'the disk quota is exceeded',
  EFBIG: 'larger than the file size limit of this process',
  ENOENT: 'no such file or folder',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EISDIR: 'is a folder',
  EEXIST: 'already exists',
  ENOTEMPTY: 'a folder with this name is not empty',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'too many symbolic links',
  ENXIO: 'no such device',
}

/** Runs an action on the file or folder at `path`. If the system refuses it, the error names the path and the reason. */
export async function atPath<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (cause) {
    throw fileError(path, cause)
  }
}

/** What a code means, if it is known. */
export function reasonOf(code: string | undefined): string | undefined {
  return code === undefined ? undefined : reasons[code]
}

/** The code of a system error, such as `ENOENT`. */
export function codeOf(cause: unknown): string | undefined {
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined
}

function fileError(path: string, cause: unknown): unknown {
  const code = codeOf(cause)
  if (code === undefined) return cause
  return new EnvironmentError(`${path}: ${reasonOf(code) ?? (cause as Error).message}`, { cause })
}
