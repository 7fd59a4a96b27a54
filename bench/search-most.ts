/** The result of a search: the largest number that held, and the smallest that did not. */
export interface Found {
  /** 0 if not even one held. */
  readonly most: number
  /** Undefined if the maximum held. */
  readonly leastFailed?: number
}

/** The options of a search. */
export interface SearchOptions {
  /** The first number to try. */
  readonly from: number
  /** The largest number to try. */
  readonly limit: number
  /** Factor by which the search steps up or down until one number held and one did not, such as 2. */
  readonly growth: number
  /** The search ends when the number that failed is at most this share above the one that held, such as 0.05. */
  readonly resolution: number
}

/** Finds the largest number that holds, by geometric bisection between one that holds and one that does not. */
export async function searchMost(
  holds: (count: number) => Promise<boolean>,
  { from, limit, growth, resolution }: SearchOptions,
): Promise<Found> {
  let [held, failed] = [0, limit + 1]
  let next = Math.min(from, limit)
  while (next > held && next < failed) {
    if (await holds(next)) held = next
    else failed = next
    const isBracketed = held > 0 && failed <= limit
    if (isBracketed && failed - held <= held * resolution) break
    if (isBracketed) next = Math.round(Math.sqrt(held * failed))
    else next = held > 0 ? Math.min(limit, Math.ceil(held * growth)) : Math.max(1, Math.floor(failed / growth))
  }
  return { most: held, ...(failed <= limit && { leastFailed: failed }) }
}
