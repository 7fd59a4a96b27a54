import { closeSync, constants, fstatSync, openSync, type Stats, writeFileSync, writeSync } from 'node:fs'
import { access, lstat, open, readFile, readlink, realpath, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { Socket } from 'node:net'
import { basename, dirname, join, resolve } from 'node:path'
import { EnvironmentError, UsageError } from '../base/errors.ts'
import { atPath, codeOf, reasonOf } from '../base/file-error.ts'
import { replaceFile } from './replace-file.ts'

/** Where a command writes another result than its report, such as `--json-out`. Disposing closes any file that is still open. */
export interface Output extends Disposable {
  /** As the user wrote it. */
  readonly path: string
  /** Its location: two outputs with the same one would overwrite each other. Absent: a device, which may be shared. */
  readonly place?: string
  /** The regular file, or the file to create. Absent: a descriptor, a pipe or a device, which is never removed or replaced. */
  readonly file?: string
  /** `id` names the temporary file, if there is one. */
  readonly write: (text: string, id: string) => Promise<void>
}

/** The place of stdout: nothing else may be written there. */
export const stdoutPlace = 'descriptor 1'

/** Refuses a path that cannot be written to. It is called before the load, because a result that cannot be written is lost. */
export async function openOutput(path: string): Promise<Output> {
  const found = await locate(path)
  if ('descriptor' in found) return descriptorOutput(path, found.descriptor)
  const { file, stats } = found
  if (path.endsWith('/') && !stats?.isDirectory()) throw refusal(path, 'names a folder. Give the name of a file.')
  if (stats === undefined || stats.isFile()) return fileOutput(path, file, stats)
  if (stats.isDirectory()) throw refusal(path, 'is a folder. Give the name of a file.')
  if (stats.isFIFO()) return pipeOutput(path, file)
  if (stats.isCharacterDevice()) return deviceOutput(path, file)
  throw refusal(path, `is a ${stats.isSocket() ? 'socket' : 'disk'}. Give the name of a file, or - for stdout.`)
}

/** Refuses outputs that would overwrite each other. */
export function checkDifferent(outputs: readonly (readonly [flag: string, output: Output | undefined])[]): void {
  const flags = new Map<string, string>()
  for (const [flag, output] of outputs) {
    if (output?.place === undefined) continue
    const earlier = flags.get(output.place)
    if (earlier !== undefined)
      throw new UsageError([{ where: flag, message: `must differ from ${earlier}`, got: output.path }])
    flags.set(output.place, flag)
  }
}

/**
 * Does `work` without what an earlier run wrote to these outputs, so that it never looks like the result of work that fails or is killed.
 * Only regular files are removed; the file behind a link is emptied, so that the link stays. If `work` finds a mistake in the user's
 * input, nothing was done, and the files are restored.
 */
export async function withoutOldOutputs<T>(
  outputs: readonly (Output | undefined)[],
  work: () => Promise<T>,
): Promise<T> {
  const old = new Map<string, Buffer>()
  for (const output of outputs) {
    const file = output?.file
    if (output === undefined || file === undefined || !(await exists(file))) continue
    await atPath(output.path, async () => {
      old.set(file, await readFile(file))
      if ((await lstat(output.path)).isSymbolicLink()) await truncate(file)
      // A file that is mounted, or whose folder is not writable, cannot be removed.
      else await rm(file).catch(() => truncate(file))
    })
  }
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof UsageError)
      for (const [file, content] of old) await atPath(file, () => writeFile(file, content))
    throw cause
  }
}

/** An array of numbers over several lines: a column of a series has thousands. No text of a JSON file has a line break. */
const numbers = /\[\n[\s\d.,eE+\-nul]*\]/g

/** The text of a result for other programs. */
export function jsonText(json: object): string {
  return `${JSON.stringify(json, undefined, 2).replaceAll(numbers, (array) => array.replaceAll(/\s+/g, ' '))}\n`
}

type Located =
  | { readonly descriptor: number }
  /** `stats` is absent if there is nothing yet. */
  | { readonly file: string; readonly stats: Stats | undefined }

/** Most links from one to the next that the kernel follows. */
const mostLinks = 40

/**
 * Follows the links of a path. `-`, `/dev/stdout` and `/dev/fd/N` are descriptors of this process: to open them again would empty the
 * file behind them, and fails for a socket.
 */
async function locate(path: string): Promise<Located> {
  if (path === '-') return { descriptor: 1 }
  let file = resolve(path)
  for (let links = 0; ; links++) {
    const [, number] = new RegExp(`^/(?:dev|proc/(?:self|thread-self|${process.pid}))/fd/(\\d+)$`).exec(file) ?? []
    if (number !== undefined) return { descriptor: Number(number) }
    const stats = await atPath(path, () => lstat(file).catch(ifAbsent))
    if (stats === undefined && (links === 0 || (await exists(dirname(file))))) return { file, stats }
    if (stats === undefined) throw refusal(path, `links to ${file}, whose folder does not exist. Create it first.`)
    if (!stats.isSymbolicLink()) return { file, stats }
    if (links === mostLinks) throw refusal(path, 'too many symbolic links')
    const link = file
    file = await atPath(path, async () => resolve(await realpath(dirname(link)), await readlink(link)))
  }
}

async function fileOutput(path: string, file: string, stats: Stats | undefined): Promise<Output> {
  for (const [number, name] of [
    [1, 'stdout'],
    [2, 'stderr'],
  ] as const)
    if (stats !== undefined && isSame(stats, fstatSync(number)))
      throw refusal(path, `${name} already goes to this file. Choose another file, or - for stdout.`)
  const folder = dirname(file)
  const ofFolder = await atPath(path, () => stat(folder).catch(ifAbsent))
  if (ofFolder?.isDirectory() !== true)
    throw refusal(path, `the folder ${dirname(path)} does not exist. Create it first.`)
  await atPath(path, () =>
    access(folder, constants.W_OK).catch((cause: unknown) =>
      // The file itself may still be writable.
      stats === undefined ? Promise.reject(cause) : access(file, constants.W_OK),
    ),
  )
  const place = join(await atPath(path, () => realpath(folder)), basename(file))
  return { ...noDescriptor, path, place, file, write: (text, id) => writeFileAt(path, file, text, id) }
}

/** Errors of a rename or of a new file in a folder after which the file itself may still be writable. */
const notReplaceable = ['EBUSY', 'EACCES', 'EPERM', 'EROFS']

async function writeFileAt(path: string, file: string, text: string, id: string): Promise<void> {
  const replaced = await replaceFile(file, text, id).then(
    () => true,
    async (cause: unknown) => {
      // A file that is mounted on its own can only be written in place.
      if (cause instanceof Error && notReplaceable.includes(codeOf(cause.cause) ?? '') && (await exists(file)))
        return false
      throw cause instanceof EnvironmentError ? refusal(path, cause.message.slice(file.length + 2), cause) : cause
    },
  )
  if (!replaced) await atPath(path, () => writeFile(file, text))
}

/** A named pipe is kept open from now on: its reader would see an end if it were closed and opened again. */
async function pipeOutput(path: string, file: string): Promise<Output> {
  let descriptor: number | undefined
  try {
    // Without O_NONBLOCK, this waits for a reader, and no signal can end it.
    descriptor = openSync(file, constants.O_WRONLY | constants.O_NONBLOCK)
  } catch (cause) {
    if (codeOf(cause) === 'ENXIO')
      throw refusal(path, 'nothing reads from this named pipe. Start its reader first.', cause)
    await atPath(path, () => Promise.reject(cause))
  }
  const close = () => {
    if (descriptor !== undefined) closeSync(descriptor)
    descriptor = undefined
  }
  return {
    path,
    place: file,
    write: async (text) => {
      if (descriptor === undefined) throw new Error(`${path} is closed`)
      const open = descriptor
      descriptor = undefined
      await writeToPipe(path, open, text)
    },
    [Symbol.dispose]: close,
  }
}

async function deviceOutput(path: string, file: string): Promise<Output> {
  const flags = constants.O_WRONLY | constants.O_NOCTTY
  await atPath(path, async () => {
    await using opened = await open(file, flags | constants.O_NONBLOCK)
    // A device such as /dev/full refuses even this.
    await opened.write('')
  })
  return {
    ...noDescriptor,
    path,
    write: (text) => atPath(path, () => writeFile(file, text, { flag: flags })),
  }
}

/** The shell has opened it and set its position: the end of the file with `>>`. */
function descriptorOutput(path: string, descriptor: number): Output {
  let stats: Stats
  try {
    stats = fstatSync(descriptor)
    // It may be open for reading only.
    writeSync(descriptor, '')
  } catch (cause) {
    if (codeOf(cause) === 'EBADF') throw refusal(path, 'is not open for writing.', cause)
    throw refusal(path, `${reasonOf(codeOf(cause)) ?? `cannot be written to (${codeOf(cause)})`}.`, cause)
  }
  const isPipe = stats.isFIFO() || stats.isSocket()
  if (!isPipe && !stats.isFile() && !stats.isCharacterDevice()) throw refusal(path, 'cannot be written to.')
  return {
    ...noDescriptor,
    path,
    place: `descriptor ${descriptor}`,
    write: async (text) => {
      if (descriptor === 1 || descriptor === 2) await writeToStandard(descriptor, text)
      else if (isPipe) await writeToPipe(path, descriptor, text)
      else await atPath(path, async () => writeFileSync(descriptor, text))
    },
  }
}

/** The command itself reports an error of its stdout, and ignores one of its stderr. */
function writeToStandard(descriptor: 1 | 2, text: string): Promise<void> {
  const stream = descriptor === 1 ? process.stdout : process.stderr
  return new Promise((done) => void stream.write(text, () => done()))
}

/** Writes and closes it. A signal is handled while the reader is slow. */
function writeToPipe(path: string, descriptor: number, text: string): Promise<void> {
  const socket = new Socket({ fd: descriptor, readable: false, writable: true })
  return new Promise((done, failed) => {
    socket.once('error', (cause) =>
      failed(refusal(path, codeOf(cause) === 'EPIPE' ? 'its reader closed it.' : cause.message, cause)),
    )
    socket.once('finish', done)
    socket.end(text)
  })
}

const noDescriptor = { [Symbol.dispose]: () => undefined }

function isSame(one: Stats, another: Stats): boolean {
  return one.ino === another.ino && one.dev === another.dev
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(ifAbsent)) !== undefined
}

function ifAbsent(cause: unknown): undefined {
  if (codeOf(cause) !== 'ENOENT') throw cause
  return undefined
}

function refusal(path: string, what: string, cause?: unknown): EnvironmentError {
  return new EnvironmentError(`${path}: ${what}`, { cause })
}
