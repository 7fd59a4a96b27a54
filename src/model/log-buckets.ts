/** Largest value of a histogram, in us: one hour. */
export const largestUs = 3_600_000_000

/** Number of log-linear buckets from 0 us to one hour. */
export function bucketCountOf(subBits: number): number {
  return 2 ** subBits + (32 - subBits) * 2 ** (subBits - 1)
}

/** Values below `2 ** subBits` have a bucket each; above, each power of two has half as many buckets. */
export function bucketOf(us: number, subBits: number): number {
  if (us < 1 << subBits) return us
  const shift = 32 - subBits - Math.clz32(us)
  return shift * (1 << (subBits - 1)) + (us >>> shift)
}

/** The middle of a bucket, in us. */
export function middleOf(bucket: number, subBits: number): number {
  if (bucket < 1 << subBits) return bucket
  const half = 1 << (subBits - 1)
  const shift = Math.floor((bucket - half) / half)
  return (bucket - shift * half) * 2 ** shift + (2 ** shift - 1) / 2
}
