import { nowNs } from '../base/clock.ts'

/** What waits in the wheel; called once. */
export type Act = () => void

const slotCount = 1024
const slotNs = 1_000_000
/** How long those that are late may go on at one time before sockets are looked at again. */
const lateTurnNs = 5_000_000

/** What waits: it can be taken out again with `cancel`. */
export interface Waiting {
  readonly slot: number
  /** Undefined once it was called or cancelled. */
  act: Act | undefined
}

/**
 * One timer for all streams: entries lie in slots of 1 ms by the instant they are due, and each tick empties the slots that
 * have passed. A timer for each delta costs a half more CPU and drifts 1 to 2 ms each time; due instants do not drift.
 */
export class Wheel {
  readonly #slots: Waiting[][] = Array.from({ length: slotCount }, () => [])
  /** The last slot that was emptied. */
  #cursor = 0
  #waiting = 0
  #timer: NodeJS.Timeout | undefined
  /** The slot that the timer waits for. */
  #timerSlot = 0
  #late: Act[] = []
  #lateTurn: NodeJS.Immediate | undefined

  /** Calls `act` at or shortly after an instant in ns on the clock of `clock.ts`, never before. */
  at(dueNs: number, act: Act): Waiting {
    if (this.#waiting === 0) this.#cursor = Math.floor(nowNs() / slotNs)
    const slot = Math.max(Math.ceil(dueNs / slotNs), this.#cursor + 1)
    this.#waiting++
    const entry = { slot, act }
    this.#slots[slot % slotCount]?.push(entry)
    if (this.#timer === undefined || slot < this.#timerSlot) this.#wakeAt(slot)
    return entry
  }

  /** Takes out what waits; nothing where it was called already. What it held is free at once, its place within a turn. */
  cancel(entry: Waiting): void {
    if (entry.act === undefined) return
    entry.act = undefined
    this.#waiting--
    if (this.#waiting === 0) this.#rest()
  }

  /** Calls `act` as soon as sockets have been looked at, and after all that was late before it. */
  soon(act: Act): void {
    this.#late.push(act)
    this.#lateTurn ??= setImmediate(() => this.#callLate())
  }

  /** Forgets all that waits. */
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
    // Until the next one is set below, what is put in here needs none.
    this.#timerSlot = last
    for (let slot = first; slot <= last; slot++) this.#empty(slot % slotCount)
    if (this.#waiting > 0) this.#wakeAt(this.#nextSlot())
    else this.#rest()
  }

  /** The nearest slot with something in it, or one turn away: what lies further is looked at again each turn. */
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
