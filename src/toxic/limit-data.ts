import { toxicKind } from './toxic.ts'

/** Closes the connection after `bytes` bytes; with 0, at the first byte. */
export const limitData = toxicKind({
  main: 'bytes',
  attributes: { bytes: { unit: 'bytes', min: 0, max: 1_000_000_000_000 } },
  attach({ bytes: limitBytes }, next, link) {
    let leftBytes = limitBytes
    let hasEnded = false
    const end = () => {
      if (hasEnded) return
      hasEnded = true
      next.end()
    }
    return {
      push(bytes) {
        const passed = bytes.subarray(0, leftBytes)
        link.release(bytes.length - passed.length)
        leftBytes -= passed.length
        if (passed.length > 0) next.push(passed)
        if (leftBytes > 0 || hasEnded) return
        link.closeAtEnd()
        end()
      },
      end,
    }
  },
})
