/** The median; the mean of the two middle values if their number is even; undefined for an empty list. */
export function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle]
  const lower = sorted[middle - 1]
  if (upper === undefined) return undefined
  return sorted.length % 2 === 1 || lower === undefined ? upper : (lower + upper) / 2
}

/** The smallest and the largest value; undefined for an empty list. */
export function range(values: readonly number[]): { readonly least: number; readonly most: number } | undefined {
  return values.length === 0 ? undefined : { least: Math.min(...values), most: Math.max(...values) }
}

/** The median of one figure over all samples that have it. */
export function medianOf<T>(samples: readonly T[], figure: (sample: T) => number | undefined): number | undefined {
  return median(samples.map(figure).filter((value) => value !== undefined))
}
