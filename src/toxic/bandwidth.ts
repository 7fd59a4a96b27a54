import { nowNs } from '../base/clock.ts'
import { createStepQueue } from './step-queue.ts'
import { toxicKind } from './toxic.ts'

/** Maximum time for which bytes are collected into one write, in ms. */
const pieceMs = 20

/** Limits the data rate to `rate` KB/s: each piece is passed on when its last byte is due. */
export const bandwidth = toxicKind({
  main: 'rate',
  attributes: { rate: { unit: 'KB/s', min: 0.001, max: 1_000_000 } },
  attach({ rate }, next, link) {
    const add = createStepQueue(link)
    const nsPerByte = 1e6 / rate
    const pieceBytes = Math.max(1, Math.floor(rate * pieceMs))
    let freeNs = 0
    return {
      push(bytes) {
        const startNs = Math.max(freeNs, nowNs())
        freeNs = startNs + bytes.length * nsPerByte
        let sent = 0
        add(() => {
          const to = Math.min(sent + pieceBytes, bytes.length)
          const dueNs = startNs + to * nsPerByte
          if (nowNs() < dueNs) return dueNs
          next.push(bytes.subarray(sent, to))
          sent = to
          return sent < bytes.length ? dueNs : undefined
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
