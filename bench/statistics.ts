/** The middle value; the mean of the two in the middle where their number is even; undefined of nothing. */
export function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle]
  const lower = sorted[middle - 1]
  if (upper === undefined) return undefined
  return sorted.length % 2 === 1 || lower === undefined ? upper : (lower + upper) / 2
}

/** The smallest and the largest value; undefined of nothing. */
export function range(values: readonly number[]): { readonly least: number; readonly most: number } | undefined {
  return values.length === 0 ? undefined : { least: Math.min(...values), most: Math.max(...values) }
}

/** The median of one figure of each sample; samples without that figure are left out. */
export function medianOf<T>(samples: readonly T[], figure: (sample: T) => number | undefined): number | undefined {
  return median(samples.map(figure).filter((value) => value !== undefined))
}
