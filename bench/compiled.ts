import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, readFile, rename } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { EnvironmentError } from '../src/base/errors.ts'
import { isFile } from '../src/process/executable.ts'
import { toolsFolder } from './tools.ts'

/** Timeout for compiling one small file, in ms. */
const limitMs = 60_000

/** Returns the program of a C source; compiles it if this source has not been compiled before. */
export async function compiled(source: string, cc: string, env: NodeJS.ProcessEnv): Promise<string> {
  const digest = createHash('sha256')
    .update(await readFile(source))
    .digest('hex')
  const folder = join(toolsFolder(env), 'compiled')
  const program = join(folder, `${basename(source, '.c')}-${digest.slice(0, 16)}`)
  if (await isFile(program)) return program
  await mkdir(folder, { recursive: true })
  const unfinished = `${program}.${process.pid}`
  try {
    await promisify(execFile)(cc, ['-O2', '-o', unfinished, source], { env, timeout: limitMs })
  } catch (cause) {
    throw new EnvironmentError(`${cc} does not compile ${source}: ${(cause as Error).message}`, { cause })
  }
  await rename(unfinished, program)
  return program
}
