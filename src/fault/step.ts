/** What an SSE event of an answer does: opens it or a part of it, carries a delta, or closes. */
type Role = 'opening' | 'delta' | 'closing'

/** One SSE event, sent as one HTTP chunk. Its text is created on sending, because a delta contains the instant of sending. */
export interface EventStep {
  readonly do: 'event'
  readonly role: Role
  /** The number of its delta, or of the delta after it; for a closing event, the number of deltas. */
  readonly delta: number
  readonly text: () => string
  /** Set to send each byte in a separate write, with this pause between two bytes, in ms. */
  readonly byteGapMs?: number
}

/** Bytes that are created on sending. */
export type Bytes = () => string | Buffer

/**
 * One action of the mock on a connection. A `head` without content-length announces chunks. `body` sends one HTTP chunk; `raw`
 * sends bytes without framing; `hold` waits until the client leaves, with comments if `commentEveryMs` is set; `end` ends the
 * response as HTTP requires; `fin` closes and `rst` resets the connection.
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

/** Ends the response as HTTP requires. */
export const end: Step = { do: 'end' }
/** Closes the connection. */
export const fin: Step = { do: 'fin' }
/** Resets the connection. */
export const rst: Step = { do: 'rst' }
/** Waits until the client leaves. */
export const hold: Step = { do: 'hold' }

/** The header of a complete answer whose connection closes after it, so that no client reuses the connection. */
export const willClose = { connection: 'close' } as const

/** A step that sends a part of the body as one HTTP chunk. */
export function body(bytes: string | Bytes): Step {
  return { do: 'body', bytes: typeof bytes === 'string' ? () => bytes : bytes }
}

/** A step that sends bytes without framing. */
export function raw(bytes: string | Bytes): Step {
  return { do: 'raw', bytes: typeof bytes === 'string' ? () => bytes : bytes }
}

/** The steps before delta `at`, including events that close and open parts before it. */
export function before(steps: readonly Step[], at: number): readonly Step[] {
  const index = steps.findIndex((step) => step.do === 'event' && step.role !== 'opening' && step.delta >= at)
  return index < 0 ? steps : steps.slice(0, index)
}

/** The steps from delta `at` on. */
export function from(steps: readonly Step[], at: number): readonly Step[] {
  return steps.slice(before(steps, at).length)
}

/** Whether a step is the event of a delta, of delta `at` if given. */
export function isDelta(step: Step, at?: number): step is EventStep {
  return step.do === 'event' && step.role === 'delta' && (at === undefined || step.delta === at)
}

/** The steps with each event changed; `undefined` removes an event. */
export function mapEvents(steps: readonly Step[], change: (step: EventStep) => Step | undefined): readonly Step[] {
  return steps.flatMap((step) => {
    if (step.do !== 'event') return [step]
    const changed = change(step)
    return changed ? [changed] : []
  })
}

/** The event with its text changed. */
export function withText(step: EventStep, change: (text: string) => string): EventStep {
  return { ...step, text: () => change(step.text()) }
}

/** The steps with the event of delta `at` changed. */
export function changeDelta(steps: readonly Step[], at: number, change: (event: string) => string): readonly Step[] {
  return mapEvents(steps, (step) => (isDelta(step, at) ? withText(step, change) : step))
}
