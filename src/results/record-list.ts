import type { StreamRecord } from '../model/record.ts'

/** Records that a run may have in memory when it is judged, apart from those of failures and faults: some 450 MB. */
const mostKept = 1_000_000

const whole = { state: 'whole' } as const

/**
 * The records of a run in memory. If there are too many, each record of an ordinary complete stream stands for the next ones of its phase
 * too: counts stay exact, and times are those of every second, third, ... complete stream. Records of streams with a failure, a
 * finding or a fault are all kept.
 */
export class RecordList {
  readonly records: StreamRecord[] = []
  /** Complete streams for which the record of another one stands. */
  thinned = 0
  readonly #every: number
  #last: StreamRecord | undefined
  #run = 0

  /** `total` is the number of records that will be added. */
  constructor(total: number, most: number = mostKept) {
    this.#every = Math.max(1, Math.ceil(total / most))
  }

  /** Adds the next record of a file. */
  add(record: StreamRecord): void {
    const { outcome, findings, fault, clientFault, phase } = record
    if (outcome.state !== 'whole' || findings || fault !== undefined || clientFault !== undefined) {
      this.records.push(record)
      return
    }
    if (this.#last?.phase !== phase) this.#run = 0
    if (this.#run++ % this.#every === 0) {
      // A million complete streams share their outcome.
      this.#last = Object.assign(record, { outcome: whole })
    } else this.thinned++
    this.records.push(this.#last ?? record)
  }

  /** All records, sorted by stream number. */
  sorted(): readonly StreamRecord[] {
    return this.records.sort((a, b) => a.stream - b.stream)
  }
}
