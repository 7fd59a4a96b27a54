import type { Stream } from './stream.ts'

/** A stream that is open, and where it belongs. */
interface OpenStream {
  readonly stream: Stream
  readonly phase: number
  /** Its slot in a closed loop. */
  readonly slot: number | undefined
}

/** The open streams of a worker. */
export class OpenStreams {
  readonly #open = new Map<number, OpenStream>()
  readonly #byPhase: number[] = []
  /** What waits until the streams of a phase have ended, or all streams (undefined). */
  readonly #waiting = new Map<number | undefined, () => void>()

  get size(): number {
    return this.#open.size
  }

  add(number: number, open: OpenStream): void {
    this.#open.set(number, open)
    this.#byPhase[open.phase] = (this.#byPhase[open.phase] ?? 0) + 1
  }

  /** Removes a stream that has ended. */
  remove(number: number): OpenStream | undefined {
    const open = this.#open.get(number)
    if (!open) return undefined
    this.#open.delete(number)
    const left = (this.#byPhase[open.phase] ?? 0) - 1
    this.#byPhase[open.phase] = left
    if (left === 0) this.#settle(open.phase)
    if (this.#open.size === 0) this.#settle(undefined)
    return open
  }

  /** Resolves when no stream of the phase is open; without a phase, when none is open at all. */
  ended(phase?: number): Promise<void> {
    const left = phase === undefined ? this.#open.size : (this.#byPhase[phase] ?? 0)
    if (left === 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.#waiting.set(phase, resolve)
    })
  }

  /** Aborts every open stream. */
  abort(): void {
    for (const { stream } of [...this.#open.values()]) stream.abort()
  }

  #settle(phase: number | undefined): void {
    this.#waiting.get(phase)?.()
    this.#waiting.delete(phase)
  }
}
