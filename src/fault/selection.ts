import { createRandom, mixSeed } from '../base/random.ts'

/** The streams of a load that a fault applies to: a share of them, above 0 and up to 1, or streams by number. */
export type Selection = { readonly share: number } | { readonly streams: readonly number[] }

/** A place in a stream: after a share of its deltas, or after a number of them. */
export type Position = { readonly percent: number } | { readonly deltas: number }

/** The parts of `NAME[@POSITION][:SHARE]` or `NAME[@POSITION][#STREAM,...]`, as text. */
interface SpecParts {
  readonly name: string
  readonly position?: string
  readonly share?: string
  readonly streams?: string
}

const spec = /^([a-z0-9-]+)(?:@([a-z0-9.%]+))?(?::([^:#]+)|#([\d,]+))?$/

/** Splits a fault as `--fault` and `--client-fault` spell it; undefined if the text has another form. */
export function splitSpec(text: string): SpecParts | undefined {
  const [, name, position, share, streams] = spec.exec(text) ?? []
  return name === undefined ? undefined : { name, position, share, streams }
}

/** Reads the text after the `@`: `start`, `middle`, `last`, a percentage or a number of deltas. */
export function parsePosition(text: string): Position | undefined {
  if (text === 'start') return { deltas: 0 }
  if (text === 'middle') return { percent: 50 }
  if (text === 'last') return { percent: 100 }
  const percent = /^(\d{1,3})%$/.exec(text)?.[1]
  if (percent !== undefined && Number(percent) <= 100) return { percent: Number(percent) }
  return /^\d{1,7}$/.test(text) ? { deltas: Number(text) } : undefined
}

/** A position as `parsePosition` reads it. */
export function formatPosition(position: Position): string {
  return 'percent' in position ? `${position.percent}%` : `${position.deltas}`
}

/** The number of deltas before a position in a stream of `chunks` deltas. */
export function deltasAt(position: Position, chunks: number): number {
  return 'percent' in position ? Math.floor((chunks * position.percent) / 100) : position.deltas
}

/** Reads the `:SHARE` or `#STREAM,...` of a fault; without either, all streams. Returns what is wrong if it is invalid. */
export function parseSelection({ share, streams }: SpecParts): Selection | string {
  if (streams !== undefined) {
    const numbers = streams.split(',')
    return numbers.includes('')
      ? '# must be followed by stream numbers, separated by commas'
      : { streams: numbers.map(Number) }
  }
  const parsed = share === undefined ? 1 : Number(share)
  return parsed > 0 && parsed <= 1 ? { share: parsed } : 'the share after the colon must be above 0 and at most 1'
}

/** A selection as `parseSelection` reads it, with its `:` or `#`. */
export function formatSelection(selection: Selection): string {
  return 'share' in selection ? `:${selection.share}` : `#${selection.streams.join(',')}`
}

/** The entry of a list that applies to a stream: first those that name it, then a draw that depends on seed and stream only. */
export function selectFor<T extends { readonly selection: Selection }>(
  list: readonly T[],
  seed: number,
  stream: number,
): T | undefined {
  if (list.length === 0) return undefined
  const named = list.find(({ selection }) => 'streams' in selection && selection.streams.includes(stream))
  if (named) return named
  let drawn = createRandom(mixSeed(seed, stream))() / 2 ** 32
  for (const entry of list) {
    if (!('share' in entry.selection)) continue
    if (drawn < entry.selection.share) return entry
    drawn -= entry.selection.share
  }
  return undefined
}

/** The sum of all shares in a list. */
export function sumOfShares(list: readonly { readonly selection: Selection }[]): number {
  return list.reduce((total, { selection }) => total + ('share' in selection ? selection.share : 0), 0)
}
