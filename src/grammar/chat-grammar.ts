import { doneData } from '../protocol/openai-chat-completions.ts'
import { asObject, parseObject } from '../protocol/protocol.ts'
import type { Ending, Grammar, Report } from './finding.ts'
import { createJsonText, type JsonText } from './json-text.ts'

type Body = Readonly<Record<string, unknown>>

interface Call {
  readonly id: unknown
  readonly name: unknown
  readonly json: JsonText
}

interface Choice {
  readonly index: unknown
  /** Made with the first tool call. */
  calls?: Map<unknown, Call>
  finished: boolean
}

/** Choices, and tool calls of one, that are followed: what goes beyond is found to be wrong. */
const maxFollowed = 1000

const same = ['id', 'created', 'model'] as const

/** Rules C1 to C9 of OpenAI chat completions with `choices` choices (OpenAI API reference, "Create chat completion"). */
export function chatGrammar(report: Report, choices = 1): Grammar {
  return new ChatGrammar(report, choices)
}

/** A class, as there are as many as streams: closures for each of its acts would be most of what a stream takes. */
class ChatGrammar implements Grammar {
  readonly #report: Report
  readonly #choices: number
  /** A list, as most streams have one choice: a map takes 230 bytes of each. */
  readonly #seen: Choice[] = []
  #first: Body | undefined
  #usages = 0
  #state: 'open' | 'done' | 'error' = 'open'

  constructor(report: Report, choices: number) {
    this.#report = report
    this.#choices = choices
  }

  event(type: string, data: string): void {
    if (type !== 'message' && type !== 'error') this.#report.broken('C8', 'no event name but error', type)
    if (this.#state === 'done') {
      this.#report.broken('C5', 'nothing after [DONE]', data)
      return
    }
    if (this.#state === 'error') {
      if (data === doneData) this.#report.warn('C7', 'nothing after an error', data)
      else this.#report.broken('error_then_success', 'nothing after an error', data)
      return
    }
    if (data === doneData) {
      this.#done()
      return
    }
    if (data.trim() === doneData) this.#report.broken('C5', '[DONE] exactly', data)
    const chunk = parseObject(data)
    if (!chunk) {
      this.#report.broken('C1', 'an event whose data is a JSON object', data)
      return
    }
    if (chunk['error'] != null || type === 'error') {
      this.#state = 'error'
      return
    }
    this.#identity(chunk)
    if (!Array.isArray(chunk['choices'])) {
      this.#report.broken('C1', 'a list of choices', chunk['choices'])
      return
    }
    for (const entry of chunk['choices']) this.#choiceOf(entry)
    this.#usage(chunk)
  }

  // A text more in the same choice changes nothing.
  again(): void {}

  end(): Ending {
    if (this.#state === 'done') return 'whole'
    if (this.#state === 'error') return 'error'
    this.#report.broken('C5', '[DONE] as the last event', 'the end of the body')
    return 'cut'
  }

  #identity(chunk: Body): void {
    if (chunk['object'] !== 'chat.completion.chunk')
      this.#report.broken('C1', 'object "chat.completion.chunk"', chunk['object'])
    // Azure's first chunk, with the results of its filters, has neither.
    if (chunk['id'] === '' && Array.isArray(chunk['choices']) && chunk['choices'].length === 0) return
    // Not the chunk itself, which would be kept with all that it says.
    this.#first ??= { id: chunk['id'], created: chunk['created'], model: chunk['model'] }
    for (const name of same) {
      if (chunk[name] !== this.#first[name])
        this.#report.broken('C1', `the same ${name} in all, ${String(this.#first[name])}`, chunk[name])
    }
  }

  #toolCall(choice: Choice, { index, id, type, function: fn }: Body): void {
    const { name, arguments: part } = asObject(fn) ?? {}
    choice.calls ??= new Map()
    let call = choice.calls.get(index)
    if (!call) {
      if (typeof id !== 'string' || type !== 'function' || typeof name !== 'string')
        this.#report.broken('C6', 'id, type and name in the first fragment of a tool call', { index, id, type, name })
      call = { id, name, json: createJsonText() }
      if (choice.calls.size < maxFollowed) choice.calls.set(index, call)
    } else if ((id != null && id !== call.id) || (name != null && name !== call.name))
      this.#report.broken('C6', `tool call ${String(index)} to keep its id and name`, { id, name })
    if (typeof part === 'string') call.json.push(part)
  }

  #finish(choice: Choice): void {
    choice.finished = true
    for (const [index, { json }] of choice.calls ?? []) {
      if (!json.isEmpty() && !json.isWhole())
        this.#report.broken('C6', 'arguments that are JSON', `those of tool call ${String(index)} end within it`)
    }
  }

  #choiceOf(entry: unknown): void {
    const { index, delta, finish_reason: reason } = asObject(entry) ?? {}
    if (typeof index !== 'number' || index < 0 || index >= this.#choices)
      this.#report.broken('C9', `an index from 0 to ${this.#choices - 1}`, index)
    const { role, tool_calls: calls } = asObject(delta) ?? {}
    let choice = this.#seen.find((each) => each.index === index)
    if (!choice) {
      if (typeof role !== 'string') this.#report.broken('C2', "a role in a choice's first delta", delta)
      choice = { index, finished: false }
      if (this.#seen.length < maxFollowed) this.#seen.push(choice)
    } else if (choice.finished)
      this.#report.broken('C3', `nothing of choice ${String(index)} after its finish_reason`, entry)
    for (const call of Array.isArray(calls) ? calls : []) this.#toolCall(choice, asObject(call) ?? {})
    if (reason != null && !choice.finished) this.#finish(choice)
  }

  #usage(chunk: Body): void {
    if (chunk['usage'] == null) return
    // Some send it with the finish too, which clients bear.
    if ((chunk['choices'] as readonly unknown[]).length > 0)
      this.#report.warn('C4', 'usage in a chunk without choices', chunk['usage'])
    if (++this.#usages > 1) this.#report.broken('C4', 'usage once', chunk['usage'])
    if (this.#seen.some(({ finished }) => !finished))
      this.#report.broken('C4', 'usage after the finish', chunk['usage'])
  }

  #done(): void {
    const open = this.#seen.filter(({ finished }) => !finished).map(({ index }) => index)
    if (this.#seen.length === 0) this.#report.broken('C3', 'a finish_reason before [DONE]', 'no choice at all')
    if (open.length > 0)
      this.#report.broken('C3', 'a finish_reason of each choice before [DONE]', `none of choice ${open.join(', ')}`)
    this.#state = 'done'
  }
}
