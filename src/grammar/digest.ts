/** A text that came in pieces, known by its length and a hash: equal values are equal texts, but for one in 2^64. */
export interface Digest {
  add(text: string): void
  value(): string
}

/** Makes the digest of an empty text: two multiplicative hashes of 32 bits (FNV-1a, once with another prime). */
export function createDigest(): Digest {
  let length = 0
  let low = 0x811c9dc5
  let high = 0x9747b28c
  return {
    add(text) {
      for (let i = 0; i < text.length; i++) {
        const unit = text.charCodeAt(i)
        low = Math.imul(low ^ unit, 0x01000193)
        high = Math.imul(high ^ unit, 0x85ebca6b)
      }
      length += text.length
    },
    value: () => `${length}:${low >>> 0}:${high >>> 0}`,
  }
}

/** The value of a whole text's digest. */
export function digestOf(text: string): string {
  const digest = createDigest()
  digest.add(text)
  return digest.value()
}
