import { asObject, hasText, type JsonObject } from '../base/json.ts'
import { shown } from '../base/shown.ts'
import { doneData } from '../protocol/openai-chat-completions.ts'
import { type Ending, eventBody, type Grammar, type Report } from './finding.ts'
import { invalidMembers } from './members.ts'
import { identity } from './responses-item.ts'
import { ResponsesItems } from './responses-items.ts'
import {
  foreignReasons,
  incompleteReasons,
  isKnownEvent,
  openingEvents,
  responseMembers,
  terminalStatus,
  usageMembers,
} from './responses-schema.ts'

const dataRules = { notJson: 'json_malformed', notObject: 'R1' } as const

/** Rules R1 to R8, for OpenAI Responses. */
export function responsesGrammar(report: Report): Grammar {
  return new ResponsesGrammar(report)
}

/** A class, because each stream has one: closures would take up most of the memory of a stream. */
class ResponsesGrammar implements Grammar {
  readonly #report: Report
  readonly #items: ResponsesItems
  #sequence = 0
  /** Number of events without a number since the last one that had one. */
  #unnumbered = 0
  #id: string | undefined
  #hasCreated = false
  /** Whether `[DONE]` arrived. */
  #isClosed = false
  /** `error` is an error event, which `response.failed` may follow; `failed` is the end of both. */
  #state: 'start' | 'open' | 'whole' | 'error' | 'failed' = 'start'

  constructor(report: Report) {
    this.#report = report
    this.#items = new ResponsesItems(report)
  }

  event(type: string, data: string): void {
    if (data === doneData) {
      this.#close()
      return
    }
    const body = eventBody(data, this.#report, dataRules)
    if (!body) return
    const { type: named, error } = body
    // `message` is the type of an event without a name.
    if (typeof named !== 'string' || named !== type || type === 'message')
      this.#report.broken('R1', `${shown(named)} as the event name, as in its data`, type)
    const name = typeof named === 'string' ? named : named === undefined && error != null ? 'error' : type
    this.#number(name, body['sequence_number'])
    if (this.#isOver(name)) return
    if (name === 'keepalive') return
    if (name === 'error') this.#error(body)
    else if (isKnownEvent(name)) this.#known(name, body)
    else if (typeof named === 'string') this.#report.warn('R1', 'a known event type', name)
  }

  again(text: string): void {
    if (this.#unnumbered > 0) this.#unnumbered++
    else this.#sequence++
    this.#items.again(text)
  }

  end(): Ending {
    if (this.#state === 'whole') return 'whole'
    if (this.#state === 'error' || this.#state === 'failed') return 'error'
    this.#report.broken(
      'R6',
      'response.completed, response.failed or response.incomplete as the last event',
      this.#isClosed ? doneData : 'the end of the body',
    )
    return 'cut'
  }

  /** Checks `[DONE]`, which Open Responses requires at the end and OpenAI does not send. */
  #close(): void {
    const isEnded = this.#state !== 'start' && this.#state !== 'open'
    if (isEnded && !this.#isClosed) this.#report.warn('R7', 'nothing after the terminal event', doneData)
    else this.#report.broken('R7', `${doneData} at most once, after the terminal event`, doneData)
    this.#isClosed = true
  }

  #number(name: string, number: unknown): void {
    // Only some providers number keep-alive events and errors, and their own events.
    if (number === undefined && !isKnownEvent(name)) return
    const isNumber = typeof number === 'number'
    if (!isNumber || number < this.#sequence || number > this.#sequence + this.#unnumbered)
      this.#report.broken('R1', `sequence_number ${this.#sequence}`, number)
    // Whether an event without a number was counted is not known.
    if (isNumber) this.#sequence = number + 1
    this.#unnumbered = isNumber ? 0 : this.#unnumbered + 1
  }

  /** Whether the stream is over, so that no further event is allowed, with a finding unless the event is harmless. */
  #isOver(name: string): boolean {
    const state = this.#state
    if (this.#isClosed) this.#report.broken('R7', `nothing after ${doneData}`, name)
    else if (state === 'start' || state === 'open' || (state === 'error' && name === 'response.failed')) return false
    else if (state === 'whole') this.#report.broken('R7', 'nothing after the terminal event', name)
    else if (name === 'error' || name === 'response.failed') this.#report.warn('R7', 'one error', name)
    else if (name !== 'keepalive') this.#report.broken('error_then_success', 'nothing after an error', name)
    return true
  }

  #known(name: string, body: JsonObject): void {
    if (name === 'response.created') {
      if (this.#hasCreated) this.#report.broken('R2', 'response.created only once', name)
      this.#hasCreated = true
    } else if (this.#state === 'start') this.#report.broken('R2', 'response.created as the first event', name)
    if (this.#state === 'start') this.#state = 'open'
    const status = terminalStatus.get(name)
    if (status !== undefined) this.#terminal(status, this.#response(name, body))
    else if (openingEvents.has(name)) this.#response(name, body)
    else this.#items.event(name, body)
  }

  /** Checks the `response` of an event, and returns it. */
  #response(name: string, body: JsonObject): JsonObject {
    const response = asObject(body['response'])
    const invalid = invalidMembers(response, responseMembers)
    if (invalid.length > 0)
      this.#report.broken(
        terminalStatus.has(name) ? 'R6' : 'R2',
        `a response with a valid ${invalid.join(', ')}`,
        body['response'],
      )
    const id = response && identity(response['id'])
    this.#id ??= id
    if (id !== this.#id) this.#report.broken('R2', `the same response.id in every event, ${shown(this.#id)}`, id)
    return response ?? {}
  }

  #error(body: JsonObject): void {
    this.#state = 'error'
    // The API reference has the message in the event itself; OpenAI also sends it in an object `error`.
    if (!hasText(body['message']) && !hasText(asObject(body['error'])?.['message']))
      this.#report.broken('R6', 'an error with a message', body)
  }

  #terminal(status: string, response: JsonObject): void {
    if (response['status'] !== status) this.#report.broken('R6', `status "${status}"`, response['status'])
    this.#state = status === 'failed' ? 'failed' : 'whole'
    const usage = response['usage']
    const invalid = usage == null ? [] : invalidMembers(asObject(usage), usageMembers)
    if (invalid.length > 0) this.#report.broken('R6', `usage with a valid ${invalid.join(', ')}`, usage)
    if (status === 'failed' && !hasText(asObject(response['error'])?.['message']))
      this.#report.broken('R6', 'a failed response with an error that has a message', response['error'])
    if (status === 'incomplete') this.#incomplete(asObject(response['incomplete_details'])?.['reason'])
    if (status !== 'failed') this.#items.end(status === 'completed', response['output'])
  }

  #incomplete(reason: unknown): void {
    if (incompleteReasons.has(reason)) return
    const expected = `an incomplete_details.reason: ${[...incompleteReasons].join(', ')}`
    if (reason != null && (typeof reason !== 'string' || foreignReasons.has(reason)))
      this.#report.broken('R6', expected, reason)
    else this.#report.warn('R6', expected, reason)
  }
}
