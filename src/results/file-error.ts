import { EnvironmentError } from '../base/errors.ts'

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left on the device',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'larger than this process may write',
  ENOENT: 'no such file or folder',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EISDIR: 'is a folder',
  EEXIST: 'is there already',
  ENOTEMPTY: 'a folder that is not empty is in the way',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'the links go in a circle',
}

/** Runs what touches the file or folder at `path`; where the system refuses, an error that names it and says why. */
export async function atPath<T>(path: string, touch: () => Promise<T>): Promise<T> {
  try {
    return await touch()
  } catch (cause) {
    throw fileError(path, cause)
  }
}

function fileError(path: string, cause: unknown): unknown {
  if (!(cause instanceof Error) || !('code' in cause) || typeof cause.code !== 'string') return cause
  return new EnvironmentError(`${path}: ${reasons[cause.code] ?? cause.message}`, { cause })
}
