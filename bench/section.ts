/** A goal of the project, and whether the measurement reaches it. */
export interface Goal {
  /** Such as `CPU of the client`. */
  readonly what: string
  readonly limit: string
  readonly measured: string
  readonly reached: boolean
}

/** The result of one part of the benchmark. */
export interface Section {
  readonly title: string
  /** The conditions, one sentence each. */
  readonly notes: readonly string[]
  readonly head: readonly string[]
  /** A row of two cells in a wider table is a name and a remark. */
  readonly rows: readonly (readonly string[])[]
  /** Remarks on the figures, one sentence each. */
  readonly remarks?: readonly string[]
  /** Problems of any round; with a problem, no goal of the section is reached. */
  readonly problems: readonly string[]
  readonly goals: readonly Goal[]
}

/** A goal `at most`; `because` explains the limit if it was measured too. */
export function atMost(what: string, value: number | undefined, limit: number, unit: string, because = ''): Goal {
  return {
    what,
    limit: `at most ${figure(limit)} ${unit}${because}`,
    measured: value === undefined ? 'not measured' : `${figure(value)} ${unit}`,
    reached: value !== undefined && value <= limit,
  }
}

/** A goal `below`. */
export function below(what: string, value: number | undefined, limit: number, unit: string, because = ''): Goal {
  const limitText = `below ${figure(limit)} ${unit}${because}`
  return { ...atMost(what, value, limit, unit), limit: limitText, reached: value !== undefined && value < limit }
}

/** A goal `at most the larger of two`: `fixed`, and `share` of a value that was measured too. */
export function atMostLarger(
  what: string,
  value: number | undefined,
  fixed: number,
  unit: string,
  {
    share,
    rival,
    took = Number.NaN,
  }: { readonly share: number; readonly rival: string; readonly took: number | undefined },
): Goal {
  const limit = share * took
  return limit > fixed
    ? atMost(what, value, limit, unit, ` (${share} of ${rival}, which is more than ${fixed})`)
    : atMost(what, value, fixed, unit, ` (more than ${share} of ${rival})`)
}

/** Formats a number for the table: one decimal, two below 10; `n/a` if it was not measured. */
export function figure(value: number | undefined): string {
  if (value === undefined) return 'n/a'
  return Number.isNaN(value) ? 'n/a' : value.toFixed(Math.abs(value) < 10 ? 2 : 1)
}

/** Formats a value as a multiple of `base`. */
export function ratio(value: number | undefined, base: number | undefined): string {
  return value === undefined || base === undefined ? 'n/a' : `${(value / base).toFixed(2)} x`
}
