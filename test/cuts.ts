import fc from 'fast-check'

/** The bytes as pieces, cut before each of the offsets (ascending, from 0 to the length; equal ones give empty pieces). */
export function cutAt(bytes: Uint8Array, offsets: readonly number[]): Uint8Array[] {
  return [0, ...offsets].map((from, i) => bytes.subarray(from, offsets[i] ?? bytes.length))
}

/** The bytes, a piece each. */
export function byteByByte(bytes: Uint8Array): Uint8Array[] {
  return Array.from(bytes, (_, at) => bytes.subarray(at, at + 1))
}

/** Bytes from an arbitrary, and the same bytes cut anywhere. */
export function cutAnywhere<T extends Uint8Array>(
  source: fc.Arbitrary<T>,
): fc.Arbitrary<{ readonly whole: T; readonly pieces: Uint8Array[] }> {
  return source.chain((whole) =>
    fc.array(fc.nat({ max: whole.length }), { maxLength: 12 }).map((offsets) => ({
      whole,
      pieces: cutAt(
        whole,
        offsets.sort((a, b) => a - b),
      ),
    })),
  )
}
