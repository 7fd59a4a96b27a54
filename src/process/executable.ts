import { execFile } from 'node:child_process'
import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

/** Why a path cannot be executed; undefined if it can. */
export async function whyNotExecutable(path: string): Promise<string | undefined> {
  try {
    if (!(await stat(path)).isFile()) return 'not a file'
    await access(path, constants.X_OK)
    return undefined
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'no such file'
    if (code === 'EACCES') return 'not executable (permission denied)'
    return code ?? message
  }
}

/** Finds a program by name on `PATH`, like a shell, but skips empty entries (the current folder). */
export async function findOnPath(program: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    if (folder === '') continue
    const path = join(folder, program)
    if ((await whyNotExecutable(path)) === undefined) return path
  }
  return undefined
}

/** Whether a regular file exists. */
export async function isFile(path: string): Promise<boolean> {
  const stats = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
    throw error
  })
  return stats?.isFile() ?? false
}

const versionTimeoutMs = 5000

/** Runs a program with a flag and finds the version in its output; `(version unknown)` if it prints none. */
export async function programVersion(program: string, flag: string, env: NodeJS.ProcessEnv): Promise<string> {
  const text = await promisify(execFile)(program, [flag], { env, timeout: versionTimeoutMs }).then(
    ({ stdout, stderr }) => `${stdout}${stderr}`,
    () => '',
  )
  return /\d{1,9}(?:\.\d{1,9})+[\w.+-]*/.exec(text)?.[0] ?? '(version unknown)'
}
