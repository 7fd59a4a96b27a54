import { createRequire } from 'node:module'
import type { JsHistogram } from 'hdr-histogram-js'
import { z } from 'zod'
import { Histogram } from './histogram.ts'
import { type HistogramSnapshot, histogramSchema } from './histogram-snapshot.ts'
import { count, type Immutable } from './schema.ts'

/** Schema of `HdrText`. */
const hdrTextSchema = z
  .strictObject({
    unit: z.literal('us'),
    n: count.describe('Number of values.'),
    minUs: count.describe('Smallest value, in us; 0 without values.'),
    maxUs: count.describe('Largest value, in us; 0 without values.'),
    hdr: z
      .string()
      .regex(/^HIST[A-Za-z0-9+/]+=*$/)
      .describe(
        "All values in HdrHistogram's V2 compressed encoding, as base64 (1 us to 1 h, three significant digits).",
      ),
  })
  .meta({ id: 'histogram', description: 'Times in us, as an HdrHistogram.' })
/** A histogram as stored in JSON files: HdrHistogram's V2 compressed encoding, and the exact values that it rounds. */
type HdrText = Immutable<z.infer<typeof hdrTextSchema>>

/** A histogram that is a `HistogramSnapshot` in memory and an `HdrText` in JSON files. */
export const storedHistogramSchema = z.codec(hdrTextSchema, histogramSchema, {
  decode: (text, context) => {
    const snapshot = snapshotOf(text)
    if (snapshot) return snapshot as z.output<typeof histogramSchema>
    context.issues.push({
      code: 'custom',
      input: text.hdr,
      path: ['hdr'],
      message: `not a histogram of ${text.n} values in HdrHistogram's V2 encoding`,
    })
    return z.NEVER
  },
  encode: hdrOf,
})

/** Loaded when first needed, after a load: loading it at start-up would take 70 ms. */
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
 * Encodes a histogram for any reader of HdrHistogram (Tene, HdrHistogram log format, V2). `Histogram` uses the library's
 * buckets, so nothing is lost, and records at an eighth of its cost.
 */
export function hdrOf(snapshot: HistogramSnapshot): HdrText {
  const { unit, n, minUs, maxUs } = snapshot
  const { build, encodeIntoCompressedBase64 } = library()
  const hdr = build(range)
  for (const [us, count] of Histogram.from(snapshot).values()) hdr.recordValueWithCount(us, count)
  return { unit, n, minUs, maxUs, hdr: encodeIntoCompressedBase64(hdr) }
}

/** Decodes what `hdrOf` wrote; undefined if the text is damaged or has a different number of values. */
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
    // For damaged text, the library throws whatever the failing step throws: a string, an Error, a RangeError.
    return undefined
  }
}
