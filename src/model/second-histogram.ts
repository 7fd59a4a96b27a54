import { bucketCountOf, bucketOf, largestUs, middleOf } from './log-buckets.ts'

/** 64 buckets per power of two: the error of a quantile is at most 0.8 %. */
const subBits = 7
const bucketCount = bucketCountOf(subBits)

/**
 * The times of one second, in buckets that take a few hundred bytes as text. Merging is exact; the largest value is kept
 * as it is. `Histogram` has more digits and takes 94 KB.
 */
export class SecondHistogram {
  n = 0
  /** Largest value in us; 0 without values. */
  maxUs = 0
  readonly #counts = new Uint32Array(bucketCount)

  /** Counts one value, rounded to whole us and clamped to the range. */
  record(us: number): void {
    const value = us > 0 ? Math.min(Math.round(us), largestUs) : 0
    const bucket = bucketOf(value, subBits)
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1
    this.n++
    if (value > this.maxUs) this.maxUs = value
  }

  /** The `q` quantile (0 to 1), in us; undefined without values. */
  quantile(q: number): number | undefined {
    if (this.n === 0) return undefined
    const rank = Math.max(1, Math.ceil(q * this.n))
    let seen = 0
    for (let bucket = 0; bucket < bucketCount; bucket++) {
      seen += this.#counts[bucket] as number
      if (seen >= rank) return Math.min(middleOf(bucket, subBits), this.maxUs)
    }
    return this.maxUs
  }

  /** Returns the values as text and forgets them. */
  take(): string {
    if (this.n === 0) return ''
    const bytes: number[] = []
    pushVarint(bytes, this.maxUs)
    let last = -1
    for (let bucket = 0; bucket < bucketCount; bucket++) {
      const count = this.#counts[bucket] as number
      if (count === 0) continue
      pushVarint(bytes, bucket - last)
      pushVarint(bytes, count)
      last = bucket
    }
    this.#counts.fill(0)
    this.n = 0
    this.maxUs = 0
    return Buffer.from(bytes).toString('base64')
  }

  /** Adds the values of a text that `take` returned. Any other text adds nothing. */
  add(text: string): void {
    const times = timesOf(text)
    if (times === undefined) return
    for (const [bucket, count] of times.buckets) {
      this.#counts[bucket] = (this.#counts[bucket] as number) + count
      this.n += count
    }
    this.maxUs = Math.max(this.maxUs, times.maxUs)
  }
}

/** Whether a text is one that `SecondHistogram.take` returned. */
export function isSecondText(text: string): boolean {
  return text === '' || timesOf(text) !== undefined
}

/** The values of several texts as one. */
export function mergedSeconds(texts: readonly string[]): SecondHistogram {
  const merged = new SecondHistogram()
  for (const text of texts) merged.add(text)
  return merged
}

interface Times {
  readonly maxUs: number
  readonly buckets: readonly (readonly [bucket: number, count: number])[]
}

function timesOf(text: string): Times | undefined {
  const numbers = varintsOf(Buffer.from(text, 'base64'))
  const maxUs = numbers?.[0]
  if (numbers === undefined || maxUs === undefined || maxUs > largestUs) return undefined
  const buckets: [number, number][] = []
  let bucket = -1
  for (let at = 1; at < numbers.length; at += 2) {
    const [gap, count] = [numbers[at], numbers[at + 1]]
    if (!gap || !count) return undefined
    bucket += gap
    buckets.push([bucket, count])
  }
  return buckets.length > 0 && bucket < bucketCount ? { maxUs, buckets } : undefined
}

/** LEB128: seven bits per byte, the lowest first; the highest bit says that more follow. */
function pushVarint(bytes: number[], value: number): void {
  let rest = value
  while (rest > 0x7f) {
    bytes.push((rest % 0x80) | 0x80)
    rest = Math.floor(rest / 0x80)
  }
  bytes.push(rest)
}

/** The numbers of a text; undefined if the last is cut off or one exceeds 32 bits. */
function varintsOf(bytes: Uint8Array): number[] | undefined {
  const numbers: number[] = []
  let [value, factor] = [0, 1]
  for (const byte of bytes) {
    value += (byte & 0x7f) * factor
    if (value > 0xffff_ffff) return undefined
    if (byte > 0x7f) {
      factor *= 0x80
      continue
    }
    numbers.push(value)
    value = 0
    factor = 1
  }
  return factor === 1 ? numbers : undefined
}
