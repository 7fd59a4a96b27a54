/** Shown instead of a number that was not measured. */
export const notMeasured = 'n/a'

const grouping = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

/** A count with thousands separators, such as `19,647`. */
export function grouped(count: number | undefined): string {
  return count === undefined ? notMeasured : grouping.format(count)
}

/** A number with a fixed number of decimals. */
export function fixed(value: number | undefined, decimals: number): string {
  return value === undefined ? notMeasured : value.toFixed(decimals)
}

/** A count with its noun, such as `1 stream` or `2 streams`. */
export function counted(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`
}

/** A share from 0 to 1 as a percentage, such as `87 %`. */
export function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}

/** A size in MiB, such as `0.5 MiB`. */
export function mebibytes(bytes: number | undefined): string {
  return bytes === undefined ? notMeasured : `${(bytes / 2 ** 20).toFixed(1)} MiB`
}

/** A duration in ms, such as `0.4 ms` or `120 ms`. */
export function millis(ms: number): string {
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`
}

/** A duration in ms as `0.4 ms`, `120 ms` or, from 1 s on, `3.0 s`. */
export function duration(ms: number): string {
  return ms < 1000 ? millis(ms) : `${(ms / 1000).toFixed(1)} s`
}
