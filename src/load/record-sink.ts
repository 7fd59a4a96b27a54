import type { StreamRecord } from '../model/record.ts'

/** Takes the records of a load that has too many of them to keep them in memory. */
export interface RecordSpool {
  /** Records that are kept in memory before the first goes to disk. */
  readonly keep: number
  /** Appends `count` records, one line each. */
  write(lines: Uint8Array<ArrayBuffer>, count: number): void
  /** Appends a record that has texts of the gateway, which may contain secrets. */
  add(record: StreamRecord): void
}

/** Bytes per write. The buffer is outside of the heap, so that the lines are no work for the garbage collector. */
const batchBytes = 64 * 1024

/** Earlier records that go to the spool with each new one. All at once would pause the event loop for 50 ms. */
const earlierPerRecord = 8

/** Records with a fault that stay in memory: after the load they get what the mock did. The rest goes to disk without it. */
const mostWithFault = 20_000

/** Collects the records of streams as they end. From a number of records on, they go to the spool. */
export class RecordSink {
  readonly #spool: RecordSpool | undefined
  /** All records, or those with a fault once the others go to the spool. */
  #kept: StreamRecord[] = []
  #isSpooling = false
  /** Records from before the first went to the spool, the latest first. */
  #earlier: StreamRecord[] = []
  #batch = Buffer.alloc(0)
  #used = 0
  #count = 0

  constructor(spool?: RecordSpool) {
    this.#spool = spool
  }

  /** Adds the record of a stream that has ended. */
  add(record: StreamRecord): void {
    if (this.#isSpooling && this.#spool) {
      this.#putEarlier(this.#spool, earlierPerRecord)
      this.#put(record, this.#spool)
      return
    }
    this.#kept.push(record)
    if (this.#spool === undefined || this.#kept.length <= this.#spool.keep) return
    this.#isSpooling = true
    this.#earlier = this.#kept.reverse()
    this.#kept = []
  }

  /** Ends the last batch. Returns the records that are not in the spool, sorted by stream number. */
  end(): readonly StreamRecord[] {
    if (this.#spool) {
      this.#putEarlier(this.#spool, this.#earlier.length)
      this.#flush(this.#spool)
    }
    return this.#kept.sort((a, b) => a.stream - b.stream)
  }

  #putEarlier(spool: RecordSpool, most: number): void {
    for (let count = 0; count < most; count++) {
      const record = this.#earlier.pop()
      if (record === undefined) return
      this.#put(record, spool)
    }
  }

  #put(record: StreamRecord, spool: RecordSpool): void {
    const hasFault = record.fault !== undefined || record.clientFault !== undefined
    if (hasFault && this.#kept.length < mostWithFault) this.#kept.push(record)
    else if (record.outcome.state === 'failed' || record.findings !== undefined) spool.add(record)
    else this.#append(`${JSON.stringify(record)}\n`, spool)
  }

  /** The line of a stream without findings is ASCII: numbers and our own names. */
  #append(line: string, spool: RecordSpool): void {
    if (this.#used + line.length > this.#batch.length) {
      this.#flush(spool)
      this.#batch = Buffer.from(new ArrayBuffer(Math.max(batchBytes, line.length)))
    }
    this.#used += this.#batch.write(line, this.#used, 'latin1')
    this.#count++
  }

  #flush(spool: RecordSpool): void {
    if (this.#count > 0) spool.write(new Uint8Array(this.#batch.buffer, 0, this.#used), this.#count)
    this.#batch = Buffer.alloc(0)
    this.#used = 0
    this.#count = 0
  }
}
