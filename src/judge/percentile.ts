/**
 * The `p`th percentile (0 to 100) of values that are sorted upwards, by linear interpolation between the two closest
 * ranks: numpy's default, and the original's. Undefined without values.
 */
export function percentile(sorted: ArrayLike<number>, p: number): number | undefined {
  const rank = ((sorted.length - 1) * p) / 100
  const below = sorted[Math.floor(rank)]
  const above = sorted[Math.ceil(rank)]
  if (below === undefined || above === undefined) return undefined
  return below + (above - below) * (rank - Math.floor(rank))
}
