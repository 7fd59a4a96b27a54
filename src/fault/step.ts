/** What one SSE event of an answer is for. */
export type Role = 'opening' | 'delta' | 'closing'

/** One SSE event, sent as one HTTP chunk. Its text is made when it is sent, as a delta's stamp says when that was. */
export interface EventStep {
  readonly do: 'event'
  readonly role: Role
  /** The delta that it is, or that it comes before; the number of deltas for what closes. */
  readonly delta: number
  readonly text: () => string
  /** Each byte is sent in a write of its own, so many ms after the one before it. */
  readonly byteGapMs?: number
}

/** Bytes that are known when they are sent. */
export type Bytes = () => string | Buffer

/**
 * One thing that a mock does on a connection. A head without a length announces chunks. `body` is bytes of the body in one HTTP chunk; `raw` is bytes without any
 * framing; `hold` does nothing more until the client leaves, but for a comment now and then; `end` ends the response as HTTP
 * wants it to; `fin` and `rst` end the connection.
 */
export type Step =
  | { readonly do: 'head'; readonly status: number; readonly headers: Readonly<Record<string, string>> }
  | EventStep
  | { readonly do: 'body'; readonly bytes: Bytes }
  | { readonly do: 'raw'; readonly bytes: Bytes }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'hold'; readonly commentEveryMs?: number }
  | { readonly do: 'end' }
  | { readonly do: 'fin' }
  | { readonly do: 'rst' }

/** Ends the response as HTTP wants it to. */
export const end: Step = { do: 'end' }
/** Closes the connection. */
export const fin: Step = { do: 'fin' }
/** Resets the connection. */
export const rst: Step = { do: 'rst' }
/** Does nothing more until the client leaves. */
export const hold: Step = { do: 'hold' }

/** The header of an answer that is whole before its connection is cut, so that nobody asks again on it. */
export const willClose = { connection: 'close' } as const

/** A step that sends a part of the body. */
export function body(bytes: string | Bytes): Step {
  return { do: 'body', bytes: typeof bytes === 'string' ? () => bytes : bytes }
}

/** A step that sends bytes as they are. */
export function raw(bytes: string | Bytes): Step {
  return { do: 'raw', bytes: typeof bytes === 'string' ? () => bytes : bytes }
}

/** The steps before delta `at`, what closes and opens parts before it included. */
export function before(steps: readonly Step[], at: number): readonly Step[] {
  const index = steps.findIndex((step) => step.do === 'event' && step.role !== 'opening' && step.delta >= at)
  return index < 0 ? steps : steps.slice(0, index)
}

/** The steps from delta `at` on. */
export function from(steps: readonly Step[], at: number): readonly Step[] {
  return steps.slice(before(steps, at).length)
}

/** Whether a step is the event of one delta. */
export function isDelta(step: Step, at?: number): step is EventStep {
  return step.do === 'event' && step.role === 'delta' && (at === undefined || step.delta === at)
}

/** Changes the text of events; `undefined` leaves one out. */
export function mapEvents(steps: readonly Step[], change: (step: EventStep) => Step | undefined): readonly Step[] {
  return steps.flatMap((step) => {
    if (step.do !== 'event') return [step]
    const changed = change(step)
    return changed ? [changed] : []
  })
}

/** An event whose text is another's changed. */
export function withText(step: EventStep, change: (text: string) => string): EventStep {
  return { ...step, text: () => change(step.text()) }
}

/** The steps with the event of delta `at` changed. */
export function changeDelta(steps: readonly Step[], at: number, change: (event: string) => string): readonly Step[] {
  return mapEvents(steps, (step) => (isDelta(step, at) ? withText(step, change) : step))
}
