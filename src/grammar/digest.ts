/** The length and a 64-bit hash of a text that arrives in pieces. Two different texts have the same digest with a probability of 2^-64. */
export class Digest {
  #length = 0
  /** Two multiplicative hashes of 32 bits (FNV-1a, once with another prime). */
  #low = 0x811c9dc5
  #high = 0x9747b28c

  add(text: string): void {
    let low = this.#low
    let high = this.#high
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i)
      low = Math.imul(low ^ unit, 0x01000193)
      high = Math.imul(high ^ unit, 0x85ebca6b)
    }
    this.#low = low
    this.#high = high
    this.#length += text.length
  }

  /** Whether a complete text is the one that arrived. */
  matches(text: string): boolean {
    return text.length === this.#length && digestOf(text) === this.value()
  }

  value(): string {
    return `${this.#length}:${this.#low >>> 0}:${this.#high >>> 0}`
  }
}

/** The digest of a complete text. */
export function digestOf(text: string): string {
  const digest = new Digest()
  digest.add(text)
  return digest.value()
}
