import { z } from 'zod'

/** A type with all members read-only, at every depth. */
export type Immutable<T> = T extends object ? { readonly [Name in keyof T]: Immutable<T[Name]> } : T

/** A whole number of at least 0. */
export const count = z.int().nonnegative().meta({ id: 'count', description: 'A whole number of at least 0.' })

/** A number of at least 0, such as a duration or a size. */
export const amount = z.number().nonnegative()

/** A share, from 0 to 1. */
export const share = amount.max(1)

/** An instant in ns on the run's monotonic clock. */
export const instant = z.number().meta({
  id: 'instant',
  description: "An instant in ns on the run's monotonic clock (startedNs is on the same clock).",
})
