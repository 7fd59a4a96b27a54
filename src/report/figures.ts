/** What stands for a number that was not measured. */
export const notMeasured = 'n/a'

const grouping = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

/** A count with its thousands apart, such as `19,647`. */
export function grouped(count: number | undefined): string {
  return count === undefined ? notMeasured : grouping.format(count)
}

/** A number with so many decimals. */
export function fixed(value: number | undefined, decimals: number): string {
  return value === undefined ? notMeasured : value.toFixed(decimals)
}

/** `1 stream`, `2 streams`. */
export function counted(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`
}
