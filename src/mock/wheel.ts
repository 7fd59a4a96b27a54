import { nowNs } from '../clock.ts'

/** What waits in the wheel: called once, at or after the instant it was due, with that instant and now, both in ns. */
export type Due = (nowNs: number) => void

const slotCount = 1024
const slotNs = 1_000_000

interface Entry {
  readonly dueNs: number
  readonly act: Due
}

/**
 * One timer for all streams: entries lie in slots of 1 ms by the instant they are due, and each tick empties the slots that
 * have passed. A timer for each delta costs a half more CPU and drifts 1 to 2 ms each time; due instants do not drift.
 */
export class Wheel {
  readonly #slots: Entry[][] = Array.from({ length: slotCount }, () => [])
  #cursor = 0
  #waiting = 0
  #timer: NodeJS.Timeout | undefined

  /** Calls `act` at or shortly after `dueNs`; an instant that has passed is due at the next tick. */
  at(dueNs: number, act: Due): void {
    if (this.#waiting === 0) this.#cursor = Math.floor(nowNs() / slotNs)
    this.#put({ dueNs, act })
    this.#waiting++
    this.#timer ??= setTimeout(() => this.#tick(), 1)
  }

  /** Forgets all that waits. */
  clear(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#waiting = 0
    for (const slot of this.#slots) slot.length = 0
  }

  #put(entry: Entry): void {
    const slot = Math.max(Math.ceil(entry.dueNs / slotNs), this.#cursor + 1)
    // Further away than one turn: looked at again, and put back, each turn.
    this.#slots[slot % slotCount]?.push(entry)
  }

  #tick(): void {
    this.#timer = undefined
    const last = Math.floor(nowNs() / slotNs)
    const first = Math.max(this.#cursor + 1, last - slotCount + 1)
    this.#cursor = last
    for (let slot = first; slot <= last; slot++) this.#empty(slot % slotCount)
    if (this.#waiting > 0) this.#timer ??= setTimeout(() => this.#tick(), 1)
  }

  #empty(index: number): void {
    const entries = this.#slots[index] as Entry[]
    if (entries.length === 0) return
    this.#slots[index] = []
    for (const entry of entries) {
      const now = nowNs()
      if (entry.dueNs > now) this.#put(entry)
      else {
        this.#waiting--
        entry.act(now)
      }
    }
  }
}
