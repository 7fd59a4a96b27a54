import { createRequire } from 'node:module'
import type { JsHistogram } from 'hdr-histogram-js'
import { Histogram, type HistogramSnapshot } from './histogram.ts'

/** A histogram as its file holds it: HdrHistogram's V2 compressed encoding, in base64, and what that rounds. */
export interface HdrText {
  readonly unit: 'us'
  readonly n: number
  readonly minUs: number
  readonly maxUs: number
  readonly hdr: string
}

/** Loaded where it is needed, after a load: it would cost each start 70 ms. */
function library(): typeof import('hdr-histogram-js') {
  return createRequire(import.meta.url)('hdr-histogram-js')
}

/** Range and precision of each histogram: 1 us to 1 h, three significant digits. */
const range = {
  lowestDiscernibleValue: 1,
  highestTrackableValue: 3_600_000_000,
  numberOfSignificantValueDigits: 3,
  bitBucketSize: 64,
  useWebAssembly: false,
} as const

/**
 * Writes a histogram as any reader of HdrHistogram reads it (Tene, HdrHistogram log format, V2): recording is ours, at an eighth
 * of the library's cost, in the very buckets of the library, so that nothing is lost.
 */
export function hdrOf(snapshot: HistogramSnapshot): HdrText {
  const { unit, n, minUs, maxUs } = snapshot
  const { build, encodeIntoCompressedBase64 } = library()
  const hdr = build(range)
  for (const [us, count] of Histogram.from(snapshot).values()) hdr.recordValueWithCount(us, count)
  return { unit, n, minUs, maxUs, hdr: encodeIntoCompressedBase64(hdr) }
}

/** Reads what `hdrOf` wrote; undefined where the text is none of it, or holds other counts than it says. */
export function snapshotOf({ n, minUs, maxUs, hdr }: HdrText): HistogramSnapshot | undefined {
  const decoded = decode(hdr)
  if (!decoded || decoded.totalCount !== n) return undefined
  const histogram = new Histogram()
  for (let index = 0; histogram.n < n; index++) {
    const count = decoded.getCountAtIndex(index)
    if (count > 0) histogram.add(decoded.valueFromIndex(index), count)
  }
  return { ...histogram.toJSON(), minUs, maxUs }
}

function decode(hdr: string): JsHistogram | undefined {
  const { decodeFromCompressedBase64, JsHistogram } = library()
  try {
    const decoded = decodeFromCompressedBase64(hdr, range.bitBucketSize, false)
    return decoded instanceof JsHistogram ? decoded : undefined
  } catch {
    // What can't be read, the library tells by whatever one of its steps throws: a text, an Error, a RangeError.
    return undefined
  }
}
