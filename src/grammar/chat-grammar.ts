import { asObject, type JsonObject } from '../base/json.ts'
import { chatError, doneData } from '../protocol/openai-chat-completions.ts'
import { type Ending, eventBody, type Grammar, type Report } from './finding.ts'
import { createJsonText, type JsonText } from './json-text.ts'

interface Call {
  readonly id: unknown
  readonly name: unknown
  readonly json: JsonText
}

interface Choice {
  readonly index: unknown
  /** Created with the first tool call. */
  calls?: Map<unknown, Call>
  /** Whether it has the older form of a tool call, `function_call`. */
  hasFunctionCall?: boolean
  finished: boolean
}

/** Limit of choices, and of tool calls in one choice: those beyond it are reported as wrong. */
const maxFollowed = 1000

const finishReasons: ReadonlySet<unknown> = new Set(['stop', 'length', 'tool_calls', 'content_filter', 'function_call'])
const dataRules = { notJson: 'C1', notObject: 'C1' } as const

const constantMembers = ['id', 'created', 'model'] as const

/** Rules C1 to C9, for OpenAI chat completions with one choice. */
export function chatGrammar(report: Report): Grammar {
  return new ChatGrammar(report)
}

/** A class, because each stream has one: closures would take up most of the memory of a stream. */
class ChatGrammar implements Grammar {
  readonly #report: Report
  /** A list, because most streams have one choice: a map takes 230 bytes per stream. */
  readonly #seen: Choice[] = []
  #first: JsonObject | undefined
  #usages = 0
  #state: 'open' | 'done' | 'error' = 'open'

  constructor(report: Report) {
    this.#report = report
  }

  event(type: string, data: string): void {
    if (type !== 'message' && type !== 'error') this.#report.broken('C8', 'no event name except error', type)
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
    const chunk = eventBody(data, this.#report, dataRules)
    if (!chunk) return
    const error = chatError(type, chunk)
    if (error) {
      if (error === 'odd-error') this.#report.broken('C1', 'an error object in the error event', chunk)
      this.#state = 'error'
      return
    }
    this.#identity(chunk)
    if (!Array.isArray(chunk['choices'])) {
      this.#report.broken('C1', 'a list of choices', chunk['choices'])
      return
    }
    for (const entry of chunk['choices']) this.#choice(entry)
    this.#usage(chunk)
  }

  // More text in the same choice breaks no rule.
  again(): void {}

  end(): Ending {
    if (this.#state === 'done') return 'whole'
    if (this.#state === 'error') return 'error'
    this.#report.broken('C5', '[DONE] as the last event', 'the end of the body')
    return 'cut'
  }

  #identity(chunk: JsonObject): void {
    if (chunk['object'] !== 'chat.completion.chunk')
      this.#report.broken('C1', 'object "chat.completion.chunk"', chunk['object'])
    // The first chunk from Azure has only content filter results, without an id or a model.
    if (chunk['id'] === '' && Array.isArray(chunk['choices']) && chunk['choices'].length === 0) return
    // A copy of three members, so that the chunk itself is not kept in memory.
    this.#first ??= { id: chunk['id'], created: chunk['created'], model: chunk['model'] }
    for (const name of constantMembers) {
      if (chunk[name] !== this.#first[name])
        this.#report.broken('C1', `the same ${name} in every chunk, ${String(this.#first[name])}`, chunk[name])
    }
  }

  #toolCall(choice: Choice, { index, id, type, function: fn }: JsonObject): void {
    const { name, arguments: part } = asObject(fn) ?? {}
    choice.calls ??= new Map()
    let call = choice.calls.get(index)
    if (!call) {
      if (typeof id !== 'string' || type !== 'function' || typeof name !== 'string')
        this.#report.broken('C6', 'id, type and name in the first fragment of a tool call', { index, id, type, name })
      call = { id, name, json: createJsonText() }
      if (choice.calls.size < maxFollowed) choice.calls.set(index, call)
    } else if ((id != null && id !== call.id) || (name != null && name !== call.name))
      this.#report.broken('C6', `a constant id and name of tool call ${String(index)}`, { id, name })
    if (typeof part === 'string') call.json.push(part)
  }

  #finish(choice: Choice, reason: unknown): void {
    choice.finished = true
    if (!finishReasons.has(reason))
      this.#report.broken('C3', `a finish_reason: ${[...finishReasons].join(', ')}`, reason)
    const hasCall = choice.calls !== undefined || choice.hasFunctionCall === true
    if (!hasCall && (reason === 'tool_calls' || reason === 'function_call'))
      this.#report.warn('C3', `a tool call before finish_reason ${reason}`, 'none')
    if (hasCall && reason === 'stop') this.#report.warn('C3', 'finish_reason tool_calls after a tool call', reason)
    for (const [index, { json }] of choice.calls ?? []) {
      if (!json.isValid())
        this.#report.broken('C6', 'complete JSON as arguments', `truncated JSON in tool call ${String(index)}`)
    }
  }

  #choice(entry: unknown): void {
    const { index, delta, finish_reason: reason } = asObject(entry) ?? {}
    if (index !== 0) this.#report.broken('C9', 'index 0', index)
    const { role, tool_calls: calls, function_call: fn } = asObject(delta) ?? {}
    let choice = this.#seen.find((seen) => seen.index === index)
    if (!choice) {
      if (typeof role !== 'string') this.#report.broken('C2', "a role in a choice's first delta", delta)
      choice = { index, finished: false }
      if (this.#seen.length < maxFollowed) this.#seen.push(choice)
    } else if (choice.finished)
      this.#report.broken('C3', `nothing of choice ${String(index)} after its finish_reason`, entry)
    for (const call of Array.isArray(calls) ? calls : []) this.#toolCall(choice, asObject(call) ?? {})
    if (fn != null) choice.hasFunctionCall = true
    // Some providers send an empty finish_reason with each chunk.
    if (reason != null && reason !== '' && !choice.finished) this.#finish(choice, reason)
  }

  #usage(chunk: JsonObject): void {
    if (chunk['usage'] == null) return
    // Some providers also send it with the finish, which clients accept.
    if ((chunk['choices'] as readonly unknown[]).length > 0)
      this.#report.warn('C4', 'usage in a chunk without choices', chunk['usage'])
    if (++this.#usages > 1) this.#report.broken('C4', 'usage only once', chunk['usage'])
    if (this.#seen.some(({ finished }) => !finished))
      this.#report.broken('C4', 'usage after the finish', chunk['usage'])
  }

  #done(): void {
    const open = this.#seen.filter(({ finished }) => !finished).map(({ index }) => index)
    if (this.#seen.length === 0) this.#report.broken('C3', 'a finish_reason before [DONE]', 'no choice')
    if (open.length > 0)
      this.#report.broken('C3', 'a finish_reason for each choice before [DONE]', `none for choice ${open.join(', ')}`)
    this.#state = 'done'
  }
}
