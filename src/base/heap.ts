/** Values by time: the earliest first, and those of the same time in the sequence in which they were added. */
export class TimeHeap<T> {
  readonly #entries: { readonly at: number; readonly added: number; readonly value: T }[] = []
  #added = 0

  get size(): number {
    return this.#entries.length
  }

  /** The earliest time; undefined if the heap is empty. */
  get nextAt(): number | undefined {
    return this.#entries[0]?.at
  }

  /** Adds a value. */
  add(at: number, value: T): void {
    const entries = this.#entries
    entries.push({ at, added: this.#added++, value })
    let child = entries.length - 1
    while (child > 0) {
      const parent = (child - 1) >> 1
      if (!this.#isBefore(child, parent)) break
      this.#swap(child, parent)
      child = parent
    }
  }

  /** Removes the earliest value and returns it. */
  take(): T | undefined {
    const entries = this.#entries
    const [first] = entries
    const last = entries.pop()
    if (first === undefined || last === undefined || entries.length === 0) return first?.value
    entries[0] = last
    for (let parent = 0; ; ) {
      const left = 2 * parent + 1
      const child = left + 1 < entries.length && this.#isBefore(left + 1, left) ? left + 1 : left
      if (child >= entries.length || !this.#isBefore(child, parent)) return first.value
      this.#swap(child, parent)
      parent = child
    }
  }

  #isBefore(a: number, b: number): boolean {
    const [left, right] = [this.#entries[a], this.#entries[b]]
    if (left === undefined || right === undefined) return false
    return left.at < right.at || (left.at === right.at && left.added < right.added)
  }

  #swap(a: number, b: number): void {
    const [left, right] = [this.#entries[a], this.#entries[b]]
    if (left === undefined || right === undefined) return
    this.#entries[a] = right
    this.#entries[b] = left
  }
}
