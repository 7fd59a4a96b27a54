import { createRandom, mixSeed } from '../base/random.ts'

/** Which streams of a load something befalls: a share of them, or those of these numbers. */
export type Befalls = { readonly share: number } | { readonly streams: readonly number[] }

/** Reads `:SHARE` or `#STREAM,...`, one of which is given, or neither: then it is all; a string says what is expected instead. */
export function parseBefalls(share: string | undefined, streams: string | undefined): Befalls | string {
  if (streams !== undefined) {
    const numbers = streams.split(',')
    return numbers.includes('') ? 'numbers of streams after the #' : { streams: numbers.map(Number) }
  }
  const parsed = share === undefined ? 1 : Number(share)
  return parsed > 0 && parsed <= 1 ? { share: parsed } : 'a share above 0 and up to 1 after the colon'
}

/** What `parseBefalls` reads. */
export function formatBefalls(befalls: Befalls): string {
  return 'share' in befalls ? `:${befalls.share}` : `#${befalls.streams.join(',')}`
}

/** What befalls a stream: what names it goes first, all else by a draw that only seed, salt and stream decide. */
export function befalling<T extends { readonly befalls: Befalls }>(
  list: readonly T[],
  seed: number,
  stream: number,
): T | undefined {
  if (list.length === 0) return undefined
  const named = list.find(({ befalls }) => 'streams' in befalls && befalls.streams.includes(stream))
  if (named) return named
  let drawn = createRandom(mixSeed(seed, stream))() / 2 ** 32
  for (const one of list) {
    if (!('share' in one.befalls)) continue
    if (drawn < one.befalls.share) return one
    drawn -= one.befalls.share
  }
  return undefined
}

/** The shares of several together. */
export function sumOfShares(list: readonly { readonly befalls: Befalls }[]): number {
  return list.reduce((total, { befalls }) => total + ('share' in befalls ? befalls.share : 0), 0)
}
