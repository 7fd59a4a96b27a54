/** A target of the project, and whether what was measured reaches it. */
export interface Goal {
  /** Such as `CPU of the client`. */
  readonly what: string
  readonly limit: string
  readonly measured: string
  readonly reached: boolean
}

/** What one part of the benchmark found. */
export interface Section {
  readonly title: string
  /** The conditions, one sentence each. */
  readonly notes: readonly string[]
  readonly head: readonly string[]
  /** A row of two cells, where the head has more, is a name and what there is to say of it. */
  readonly rows: readonly (readonly string[])[]
  /** What the figures do not say, one sentence each. */
  readonly remarks?: readonly string[]
  /** What went wrong in a round; with any, no goal of the section is reached. */
  readonly problems: readonly string[]
  readonly goals: readonly Goal[]
}

/** A goal of the form `at most`; `because` says where the limit comes from if it was measured too. */
export function atMost(what: string, value: number | undefined, limit: number, unit: string, because = ''): Goal {
  return {
    what,
    limit: `at most ${figure(limit)} ${unit}${because}`,
    measured: value === undefined ? 'not measured' : `${figure(value)} ${unit}`,
    reached: value !== undefined && value <= limit,
  }
}

/** A goal of the form `below`. */
export function below(what: string, value: number | undefined, limit: number, unit: string, because = ''): Goal {
  const limitText = `below ${figure(limit)} ${unit}${because}`
  return { ...atMost(what, value, limit, unit), limit: limitText, reached: value !== undefined && value < limit }
}

/** A goal of the form `at most the kinder of two`: `fixed`, and `share` of what `of`, which was measured too, took. */
export function atMostKinder(
  what: string,
  value: number | undefined,
  fixed: number,
  unit: string,
  { share, of, took = Number.NaN }: { readonly share: number; readonly of: string; readonly took: number | undefined },
): Goal {
  const limit = share * took
  return limit > fixed
    ? atMost(what, value, limit, unit, ` (${share} of ${of}, kinder than ${fixed})`)
    : atMost(what, value, fixed, unit, ` (kinder than ${share} of ${of})`)
}

/** A number as the table shows it: one digit after the point, two below 10; `n/a` where it was not measured. */
export function figure(value: number | undefined): string {
  if (value === undefined) return 'n/a'
  return Number.isNaN(value) ? 'n/a' : value.toFixed(Math.abs(value) < 10 ? 2 : 1)
}

/** How many times `base` a value is. */
export function ratio(value: number | undefined, base: number | undefined): string {
  return value === undefined || base === undefined ? 'n/a' : `${(value / base).toFixed(2)} x`
}
