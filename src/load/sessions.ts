const none: readonly number[] = []

/** The sessions of the slots of a closed loop: the streams of a slot continue one conversation until it has all of its turns. */
export class Sessions {
  readonly #turns: number
  readonly #streams = new Map<number, number[]>()

  /** `turns`: of each session. */
  constructor(turns: number) {
    this.#turns = turns
  }

  /** The earlier streams of the session that the next stream of a slot continues. */
  earlier(slot: number | undefined): readonly number[] {
    if (slot === undefined || this.#turns === 1) return none
    const streams = this.#streams.get(slot) ?? none
    return streams.length < this.#turns ? streams : none
  }

  /** A stream of a slot started, as this turn of its session. */
  started(slot: number | undefined, stream: number, turn: number): void {
    if (slot === undefined || this.#turns === 1) return
    const streams = turn === 0 ? [] : (this.#streams.get(slot) ?? [])
    streams.push(stream)
    this.#streams.set(slot, streams)
  }

  /** Ends the session of a slot: a client without an answer cannot continue. */
  end(slot: number): void {
    this.#streams.delete(slot)
  }
}
