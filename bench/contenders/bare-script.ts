import { Buffer } from 'node:buffer'
import { Histogram } from '../../src/model/histogram.ts'
import { chatChunk, chatUsageChunk, doneData } from '../../src/protocol/openai-chat-completions.ts'
import { frame } from '../../src/protocol/protocol.ts'
import type { MockReport } from '../messages.ts'
import { createPlainWheel } from './plain-wheel.ts'
import { model } from './requests.ts'

/** Writes to one response of a bare mock. */
export interface BareResponse {
  readonly isGone: () => boolean
  readonly write: (text: string) => void
  readonly end: (text: string) => void
}

/** A constant stream, and the counts of all played streams. */
export interface BareScript {
  readonly play: (response: BareResponse) => void
  readonly report: () => Omit<MockReport, 'cpuUs' | 'peakRssMib'>
}

/** The stream of all mocks except ours: an opening, `chunks` timed deltas, a closing. */
export function createBareScript(chunks: number, delayMs: number): BareScript {
  const identity = { id: 'mock-1-0', model, createdS: 0 }
  const usage = { prompt_tokens: 12, completion_tokens: chunks, total_tokens: 12 + chunks }
  const opening = chatChunk(identity, { role: 'assistant', content: '' })
  const delta = chatChunk(identity, { content: 'window ' })
  const closing = [chatChunk(identity, {}, 'stop'), chatUsageChunk(identity, usage), frame(undefined, doneData)].join(
    '',
  )
  const edgeBytes = Buffer.byteLength(opening + closing)
  const deltaBytes = Buffer.byteLength(delta)
  const at = createPlainWheel()
  const pacingError = new Histogram()
  let streams = 0
  let deltas = 0
  return {
    play(response) {
      response.write(opening)
      const startMs = performance.now()
      let sent = 0
      const turn = () => {
        if (response.isGone()) return
        pacingError.record((performance.now() - startMs - sent * delayMs) * 1000)
        response.write(delta)
        deltas++
        sent++
        at(startMs + sent * delayMs, sent < chunks ? turn : end)
      }
      const end = () => {
        response.end(closing)
        streams++
      }
      turn()
    },
    report() {
      const p99Us = pacingError.quantile(0.99)
      return {
        deltas,
        events: deltas + streams * 4,
        bytes: deltas * deltaBytes + streams * edgeBytes,
        ...(p99Us !== undefined && { pacingP99Ms: p99Us / 1000 }),
      }
    },
  }
}
