import { nowNs } from '../base/clock.ts'

/** An entry's callback; called once. */
type Act = () => void

const slotCount = 1024
const slotNs = 1_000_000
/** Time that late callbacks may take before sockets are processed again, in ns. */
const lateTurnNs = 5_000_000

/** An entry of the wheel; `cancel` removes it. */
export interface Waiting {
  readonly slot: number
  /** Undefined once called or cancelled. */
  act: Act | undefined
}

/**
 * One timer for all streams: entries are grouped by due time into slots of 1 ms, and each tick empties the slots that have
 * passed. A timer per delta costs 50 % more CPU and drifts by 1 to 2 ms each time; due instants do not drift.
 */
export class Wheel {
  readonly #slots: Waiting[][] = Array.from({ length: slotCount }, () => [])
  /** The last emptied slot. */
  #cursor = 0
  #waiting = 0
  #timer: NodeJS.Timeout | undefined
  /** The slot that the timer waits for. */
  #timerSlot = 0
  #late: Act[] = []
  #lateTurn: NodeJS.Immediate | undefined

  /** Calls `act` at `dueNs` (see `clock.ts`) or shortly after, never before. */
  at(dueNs: number, act: Act): Waiting {
    if (this.#waiting === 0) this.#cursor = Math.floor(nowNs() / slotNs)
    const slot = Math.max(Math.ceil(dueNs / slotNs), this.#cursor + 1)
    this.#waiting++
    const entry = { slot, act }
    this.#slots[slot % slotCount]?.push(entry)
    if (this.#timer === undefined || slot < this.#timerSlot) this.#wakeAt(slot)
    return entry
  }

  /** Removes an entry that was not called yet. Its callback is freed at once, the entry itself within one turn of the wheel. */
  cancel(entry: Waiting): void {
    if (entry.act === undefined) return
    entry.act = undefined
    this.#waiting--
    if (this.#waiting === 0) this.#rest()
  }

  /** Calls `act` as soon as sockets have been processed, after all earlier late callbacks. */
  soon(act: Act): void {
    this.#late.push(act)
    this.#lateTurn ??= setImmediate(() => this.#callLate())
  }

  /** Removes all entries. */
  clear(): void {
    clearImmediate(this.#lateTurn)
    this.#lateTurn = undefined
    this.#late = []
    this.#waiting = 0
    this.#rest()
  }

  #rest(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    for (const slot of this.#slots) slot.length = 0
  }

  #wakeAt(slot: number): void {
    clearTimeout(this.#timer)
    this.#timerSlot = slot
    this.#timer = setTimeout(() => this.#tick(), Math.max(1, (slot * slotNs - nowNs()) / 1e6))
  }

  #tick(): void {
    const last = Math.floor(nowNs() / slotNs)
    const first = Math.max(this.#cursor + 1, last - slotCount + 1)
    this.#cursor = last
    // Entries added during the tick do not need to set the timer: it is set below.
    this.#timerSlot = last
    for (let slot = first; slot <= last; slot++) this.#empty(slot % slotCount)
    if (this.#waiting > 0) this.#wakeAt(this.#nextSlot())
    else this.#rest()
  }

  /** The next slot with an entry, or the slot one turn away: later entries are checked again every turn. */
  #nextSlot(): number {
    for (let slot = this.#cursor + 1; slot < this.#cursor + slotCount; slot++) {
      if ((this.#slots[slot % slotCount] as Waiting[]).length > 0) return slot
    }
    return this.#cursor + slotCount
  }

  #empty(index: number): void {
    const entries = this.#slots[index] as Waiting[]
    if (entries.length === 0) return
    this.#slots[index] = []
    for (const entry of entries) {
      const { act } = entry
      if (act === undefined) continue
      if (entry.slot > this.#cursor) this.#slots[index]?.push(entry)
      else {
        entry.act = undefined
        this.#waiting--
        act()
      }
    }
  }

  #callLate(): void {
    const acts = this.#late
    this.#late = []
    this.#lateTurn = undefined
    const untilNs = nowNs() + lateTurnNs
    let called = 0
    for (const act of acts) {
      act()
      called++
      if (nowNs() > untilNs) break
    }
    if (called < acts.length) this.#late = acts.slice(called).concat(this.#late)
    if (this.#late.length > 0) this.#lateTurn ??= setImmediate(() => this.#callLate())
  }
}
