import { nowNs } from '../base/clock.ts'
import { createStepQueue } from './step-queue.ts'
import { toxicKind } from './toxic.ts'

/** Splits each read into writes of `average_size` bytes, plus or minus up to `size_variation`, `delay` us apart. */
export const slicer = toxicKind({
  main: 'average_size',
  attributes: {
    average_size: { unit: 'bytes', min: 1, max: 1_000_000 },
    size_variation: { unit: 'bytes', min: 0, max: 1_000_000, default: 0 },
    delay: { unit: 'us', min: 0, max: 60_000_000, default: 0 },
  },
  contradiction: ({ average_size, size_variation }) =>
    size_variation < average_size ? undefined : `size_variation must be below the average_size of ${average_size}`,
  attach({ average_size, size_variation, delay }, next, link, random) {
    const add = createStepQueue(link)
    const minBytes = average_size - size_variation
    const drawSize = () => minBytes + Math.floor((random() / 2 ** 32) * (2 * size_variation + 1))
    let freeNs = 0
    return {
      push(bytes) {
        let sent = 0
        add(() => {
          const now = nowNs()
          if (now < freeNs) return freeNs
          // The times of all pieces of a read are fixed in advance, so that a late timer does not delay the pieces after it.
          if (sent === 0) freeNs = now
          const to = Math.min(sent + drawSize(), bytes.length)
          next.push(bytes.subarray(sent, to))
          sent = to
          freeNs += delay * 1000
          return sent < bytes.length ? freeNs : undefined
        })
      },
      end() {
        add(() => {
          next.end()
          return undefined
        })
      },
    }
  },
})
