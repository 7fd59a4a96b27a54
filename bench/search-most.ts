/** What a search found: the most that held, and the least that did not. */
export interface Found {
  /** 0 where not even one held. */
  readonly most: number
  /** Absent where all that was allowed held. */
  readonly leastFailed?: number
}

/** How to search. */
export interface SearchOptions {
  /** What is tried first. */
  readonly from: number
  /** More than this is never tried. */
  readonly limit: number
  /** By how much a step goes up or down until there is one that held and one that did not, such as 2 for twice. */
  readonly growth: number
  /** The search ends when that which did not hold is at most this share above that which did, such as 0.05. */
  readonly resolution: number
}

/** Searches the largest number that holds, between what holds and what does not by the middle of their ratio. */
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
