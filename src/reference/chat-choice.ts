import type { JsonObject } from '../base/json.ts'
import { type ChoiceState, readDelta } from './chat-delta.ts'
import { brokenPromise, isUnfinished, readFinishReason } from './chat-fields.ts'
import { type Failure, malformed } from './failure.ts'
import type { ContentEvent, FinishReason } from './upstream-event.ts'

/** One choice of a chunk, as read. */
interface ReadChoice {
  /** What to relay: the same object if nothing had to be changed; undefined if there is nothing to relay. */
  readonly sent: JsonObject | undefined
  /** Set if this chunk finishes the choice. */
  readonly finish?: FinishReason
}

/** Reads one choice of a chunk and adds its content to `events`, or returns a failure. */
export function readChoice(
  choice: JsonObject,
  index: number,
  state: ChoiceState,
  events: ContentEvent[],
): ReadChoice | { readonly failure: Failure } {
  if (state.finish) return readLate(choice, state)
  const delta = readDelta(choice, state, events)
  if ('failure' in delta) return delta
  const raw = choice['finish_reason']
  const finish = isUnfinished(raw) ? undefined : readFinishReason(raw)
  if (typeof finish === 'object') return { failure: finish }
  const failure = finish && brokenPromise(state, finish)
  if (failure) return { failure }
  state.finish = finish
  const reason = raw === 'function_call' ? raw : (finish ?? null)
  const isUnchanged =
    delta.fields === choice['delta'] && choice['index'] === index && (raw === reason || raw === undefined)
  const sent = isUnchanged ? choice : { ...choice, index, delta: delta.fields, finish_reason: reason }
  return finish ? { sent, finish } : { sent }
}

/** Some providers send an empty delta or the reason again after the finish, which is dropped. Anything else is a failure. */
function readLate(choice: JsonObject, state: ChoiceState): ReadChoice | { readonly failure: Failure } {
  const events: ContentEvent[] = []
  const delta = readDelta(choice, state, events)
  if ('failure' in delta) return delta
  if (events.length > 0) return { failure: malformed('content after a finish_reason') }
  const raw = choice['finish_reason']
  if (!isUnfinished(raw) && readFinishReason(raw) !== state.finish)
    return { failure: malformed('two different finish reasons for a choice') }
  return { sent: undefined }
}
