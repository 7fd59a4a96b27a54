/** A number without the digits that a division left behind. */
export function rounded(value: number, decimals: number): number {
  return Number(value.toFixed(decimals))
}

/** JSON's way to say that something was not measured. */
export function orNull(value: number | undefined, as: (value: number) => number = (same) => same): number | null {
  return value === undefined ? null : as(value)
}
