import { type FileHandle, mkdir, open, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { atPath } from '../base/file-error.ts'
import { makeFolders } from '../base/make-folders.ts'
import type { StreamRecord } from '../model/record.ts'
import type { Run } from '../model/run.ts'
import { dataWithoutSecrets } from '../process/secrets.ts'
import { resultFiles } from './layout.ts'
import { linesOf } from './lines-of.ts'
import { RecordList } from './record-list.ts'

/** Records that a load keeps in memory. With more, all go to disk as their streams end, so that the runner's memory does not grow. */
const keptRecords = 20_000

/** Space that is reserved while records are written, in bytes: if the disk is full, the other results still fit. */
const reservedBytes = 4 * 2 ** 20

/** Records that wait for the disk at most, in bytes. */
const mostWaitingBytes = 64 * 2 ** 20

/** The spools of this process, by the folder of their run. */
const spools = new Map<string, FileSpool>()

/** The spool of a run whose folder will be `folder`. Nothing is created before its first record is written. */
export function createSpool(folder: string, keep?: number): FileSpool {
  const spool = new FileSpool(folder, keep)
  spools.set(resolve(folder), spool)
  return spool
}

/** The spool that created a run's folder; undefined if none did. */
export function spoolIn(folder: string): FileSpool | undefined {
  const spool = spools.get(resolve(folder))
  return spool?.isUsed ? spool : undefined
}

/** The records of a load, and why some could not be written, if so. */
export interface Collected extends Pick<Run, 'records' | 'thinned'> {
  readonly why?: string
}

interface Batch {
  readonly bytes: Uint8Array
  readonly count: number
}

/**
 * Appends the records of a load to `streams.ndjson` in the folder of its run. The file consists of complete lines at any time: if the
 * disk is full, what was written of a batch is removed again, and `signal` aborts.
 */
export class FileSpool {
  readonly keep: number
  /** Streams whose records are not in the file yet: those with a fault, which get what the mock did. */
  readonly #unwritten = new Set<number>()
  readonly #folder: string
  readonly #path: string
  readonly #failed = new AbortController()
  #queue: Batch[] = []
  #waitingBytes = 0
  #file: FileHandle | undefined
  #hasFolder = false
  #reserve: FileHandle | undefined
  #size = 0
  #lines = 0
  #writing: Promise<void> | undefined
  #why: string | undefined

  constructor(folder: string, keep = keptRecords) {
    this.#folder = folder
    this.#path = join(folder, resultFiles.streams)
    this.keep = keep
  }

  /** Aborts if records cannot be written any more. */
  get signal(): AbortSignal {
    return this.#failed.signal
  }

  /** Whether the file exists. */
  get isUsed(): boolean {
    return this.#file !== undefined
  }

  /** Whether a record is or will be in the file as it is. */
  isWritten({ stream }: StreamRecord): boolean {
    return this.isUsed && !this.#unwritten.has(stream)
  }

  /** Appends `count` records, one line each. */
  write(bytes: Uint8Array, count: number): void {
    this.#queue.push({ bytes, count })
    this.#waitingBytes += bytes.length
    if (this.#why !== undefined) return
    if (this.#waitingBytes > mostWaitingBytes) this.#fail('the disk is slower than the streams end')
    else this.#writing ??= this.#writeAll()
  }

  /** Appends a record that has texts of the gateway. */
  add(record: StreamRecord): void {
    this.write(lineOf(dataWithoutSecrets(record)), 1)
  }

  /**
   * All records after the load, sorted by stream number; `inMemory` are those that were never passed to this spool. `why`: some
   * could not be written, which are missing if there is still no space.
   */
  async collect(inMemory: readonly StreamRecord[]): Promise<Collected> {
    await this.#writing
    if (!this.isUsed && this.#queue.length === 0) return { records: inMemory }
    if (this.#queue.length > 0) await this.#writeAll()
    if (this.#queue.length > 0) {
      await this.#freeReserve()
      await this.#writeAll()
    }
    const [why, rest] = [this.#why, this.#queue]
    this.#queue = []
    const restCount = rest.reduce((sum, { count }) => sum + count, 0)
    const list = new RecordList(this.#lines + restCount + inMemory.length)
    const addLine = (line: string) => list.add(JSON.parse(line) as StreamRecord)
    if (this.isUsed) for await (const { lines } of linesOf(this.#path)) lines.forEach(addLine)
    // Without a file, all records are written with the other results.
    else for (const { bytes } of rest) Buffer.from(bytes).toString().trimEnd().split('\n').forEach(addLine)
    const missing = this.isUsed ? restCount : 0
    for (const record of inMemory) {
      list.add(record)
      this.#unwritten.add(record.stream)
    }
    const collected = { records: list.sorted(), ...(list.thinned > 0 ? { thinned: list.thinned } : {}) }
    if (why === undefined) return collected
    return { ...collected, why: missing === 0 ? why : `${why} (${missing} streams that had ended are missing)` }
  }

  /** Completes the file with the records that are not in it, and closes it. Returns its number of lines. */
  async complete(records: readonly StreamRecord[]): Promise<number> {
    await this.#writing
    await this.#freeReserve()
    for (const record of records) {
      if (this.isWritten(record)) continue
      this.#queue.push({ bytes: lineOf(record), count: 1 })
      this.#unwritten.delete(record.stream)
    }
    await atPath(this.#path, () => this.#drainQueue())
    await this.#file?.close()
    spools.delete(resolve(this.#folder))
    return this.#lines
  }

  async #writeAll(): Promise<void> {
    try {
      await atPath(this.#path, () => this.#drainQueue())
    } catch (cause) {
      this.#fail(cause instanceof Error ? cause.message : String(cause))
    } finally {
      this.#writing = undefined
    }
  }

  async #drainQueue(): Promise<void> {
    this.#file ??= await this.#open()
    for (let batch = this.#queue[0]; batch !== undefined; batch = this.#queue[0]) {
      await this.#append(this.#file, batch.bytes)
      this.#queue.shift()
      this.#waitingBytes -= batch.bytes.length
      this.#lines += batch.count
    }
  }

  async #append(file: FileHandle, bytes: Uint8Array): Promise<void> {
    try {
      for (let at = 0; at < bytes.length; )
        at += (await file.write(bytes, at, bytes.length - at, this.#size + at)).bytesWritten
      this.#size += bytes.length
    } catch (cause) {
      // What this error says matters more than whether the rest can be removed.
      await file.truncate(this.#size).catch(() => undefined)
      throw cause
    }
  }

  async #open(): Promise<FileHandle> {
    await makeFolders(join(this.#folder, '..'))
    if (!this.#hasFolder) await mkdir(this.#folder)
    this.#hasFolder = true
    const reserve = join(this.#folder, '.reserve')
    this.#reserve = await open(reserve, 'wx')
    // Without a name, it goes with this process, however that ends.
    await rm(reserve)
    await this.#reserve.writeFile(Buffer.alloc(reservedBytes)).catch(() => undefined)
    return open(this.#path, 'wx')
  }

  async #freeReserve(): Promise<void> {
    await this.#reserve?.close()
    this.#reserve = undefined
  }

  #fail(why: string): void {
    this.#why ??= why
    this.#failed.abort()
  }
}

function lineOf(record: StreamRecord): Buffer {
  return Buffer.from(`${JSON.stringify(record)}\n`)
}
