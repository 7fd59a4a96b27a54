import { asObject, type JsonObject } from '../base/json.ts'
import { shown } from '../base/shown.ts'
import { chatError, doneData } from '../protocol/openai-chat-completions.ts'
import { ChatCalls } from './chat-calls.ts'
import { type Ending, eventBody, type Grammar, type Report, type RequestFacts } from './finding.ts'
import { invalidMembers, is, isCount, isList, isNumber, isObject, isText, type Members, optional } from './members.ts'

interface Choice {
  readonly index: number
  /** Created with the first tool call. */
  calls?: ChatCalls
  /** The same for the older form of a tool call, `function_call`, which is a call without an index and an id. */
  functionCall?: ChatCalls
  finished: boolean
}

/** Limit of choices: those beyond it are reported as wrong. */
const maxFollowed = 1000

const finishReasons: ReadonlySet<unknown> = new Set(['stop', 'length', 'tool_calls', 'content_filter', 'function_call'])
const dataRules = { notJson: 'C1', notObject: 'C1' } as const

/** Finish reasons of a truncated answer, possibly within a tool call. */
const cutReasons: ReadonlySet<unknown> = new Set(['length', 'content_filter'])

/** The members of each chunk, of its choices, and of their deltas. */
const chunkMembers: Members = {
  id: isText,
  object: is('chat.completion.chunk'),
  created: isNumber,
  model: isText,
  choices: isList,
  usage: optional(isObject),
}
const choiceMembers: Members = { finish_reason: optional(isText), logprobs: optional(isObject) }
const deltaMembers: Members = {
  role: optional(isText),
  content: optional(isText),
  refusal: optional(isText),
  function_call: optional(isObject),
}
/** The members that only the newer form of a tool call has. */
const functionCall = { index: 0, id: 'function_call', type: 'function' } as const
const constantMembers = ['id', 'created', 'model'] as const

/** Rules C1 to C9, for OpenAI chat completions. */
export function chatGrammar(report: Report, facts?: RequestFacts): Grammar {
  return new ChatGrammar(report, facts?.choices)
}

/** A class, because each stream has one: closures would take up most of the memory of a stream. */
class ChatGrammar implements Grammar {
  readonly #report: Report
  /** Number of choices in the request. */
  readonly #choices: number | undefined
  /** A list, because most streams have one choice: a map takes 230 bytes per stream. */
  readonly #seen: Choice[] = []
  #first: JsonObject | undefined
  #usages = 0
  #state: 'open' | 'done' | 'error' = 'open'

  constructor(report: Report, choices: number | undefined) {
    this.#report = report
    this.#choices = choices
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
    if (!isAnnotation(chunk)) this.#identity(chunk)
    if (!Array.isArray(chunk['choices'])) return
    const hasUsage = chunk['usage'] != null
    for (const entry of chunk['choices']) this.#choice(entry, hasUsage)
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
    const invalid = invalidMembers(chunk, chunkMembers)
    if (invalid.length > 0) this.#report.broken('C1', `a chunk with a valid ${invalid.join(', ')}`, chunk)
    // A copy of three members, so that the chunk itself is not kept in memory.
    this.#first ??= { id: chunk['id'], created: chunk['created'], model: chunk['model'] }
    for (const name of constantMembers) {
      if (chunk[name] !== this.#first[name])
        this.#report.broken('C1', `the same ${name} in every chunk, ${shown(this.#first[name])}`, chunk[name])
    }
  }

  #finish(choice: Choice, reason: unknown): void {
    choice.finished = true
    if (!finishReasons.has(reason))
      this.#report.broken('C3', `a finish_reason: ${[...finishReasons].join(', ')}`, reason)
    const hasCall = choice.calls !== undefined || choice.functionCall !== undefined
    if (!hasCall && (reason === 'tool_calls' || reason === 'function_call'))
      this.#report.warn('C3', `a tool call before finish_reason ${reason}`, 'none')
    if (hasCall && reason === 'stop') this.#report.warn('C3', 'finish_reason tool_calls after a tool call', reason)
    choice.calls?.end(cutReasons.has(reason))
    choice.functionCall?.end(cutReasons.has(reason))
  }

  /** `hasUsage`: the chunk has the usage, as warned about elsewhere; OpenRouter sends it with an empty delta after the finish. */
  #choice(entry: unknown, hasUsage: boolean): void {
    const choice = asObject(entry)
    const index = this.#index(choice)
    const reason = choice?.['finish_reason']
    // Some providers send an empty finish_reason with each chunk.
    const hasReason = reason != null && reason !== ''
    const isAnnotated = isChoiceAnnotation(choice)
    if (isAnnotated && !hasReason) return
    const delta = asObject(choice?.['delta'])
    this.#types(choice, isAnnotated ? emptyDelta : delta)
    let seen = this.#seen.find((known) => known.index === index)
    if (!seen) {
      if (typeof delta?.['role'] !== 'string') this.#report.broken('C2', "a role in a choice's first delta", delta)
      seen = { index, finished: false }
      if (this.#seen.length < maxFollowed) this.#seen.push(seen)
    } else if (seen.finished && !(hasUsage && !hasReason && isEmptyDelta(delta)))
      this.#report.broken('C3', `nothing of choice ${index} after its finish_reason`, entry)
    this.#calls(seen, delta)
    if (hasReason && !seen.finished) this.#finish(seen, reason)
  }

  /** The index of a choice; 0 if it has none. */
  #index(choice: JsonObject | undefined): number {
    const index = choice?.['index']
    const isValid = isCount(index)
    if (!isValid || Number(index) >= (this.#choices ?? maxFollowed))
      this.#report.broken(
        'C9',
        this.#choices === 1 ? 'index 0' : `an index below ${this.#choices ?? maxFollowed}`,
        index,
      )
    return isValid ? Number(index) : 0
  }

  #types(choice: JsonObject | undefined, delta: JsonObject | undefined): void {
    const invalid = invalidMembers(choice, choiceMembers)
    if (invalid.length > 0) this.#report.broken('C1', `a choice with a valid ${invalid.join(', ')}`, choice)
    if (!delta) {
      this.#report.broken('C1', 'a delta in each choice', choice)
      return
    }
    const invalidInDelta = invalidMembers(delta, deltaMembers)
    if (invalidInDelta.length > 0) this.#report.broken('C1', `a delta with a valid ${invalidInDelta.join(', ')}`, delta)
  }

  #calls(choice: Choice, delta: JsonObject | undefined): void {
    const calls = delta?.['tool_calls']
    const older = asObject(delta?.['function_call'])
    if (older) {
      choice.functionCall ??= new ChatCalls(this.#report)
      choice.functionCall.push({ ...functionCall, function: older })
    }
    if (calls == null) return
    if (!Array.isArray(calls)) {
      this.#report.broken('C6', 'a list of tool calls', calls)
      return
    }
    for (const call of calls) {
      choice.calls ??= new ChatCalls(this.#report)
      choice.calls.push(call)
    }
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
    const count = this.#seen.length
    if (this.#choices === undefined && this.#seen.some(({ index }) => index >= count))
      this.#report.broken('C9', 'choice indices without gaps', this.#seen.map(({ index }) => index).join(', '))
    if (count > 0 && count < (this.#choices ?? 0)) this.#report.broken('C3', `${this.#choices} choices`, `${count}`)
    this.#state = 'done'
  }
}

const emptyDelta: JsonObject = {}

/** Whether a delta adds nothing to the answer. */
function isEmptyDelta(delta: JsonObject | undefined): boolean {
  if (!delta) return false
  for (const name in delta) if (name !== 'role' && delta[name] != null && delta[name] !== '') return false
  return true
}

/** Whether a choice has only the results of a content filter: Azure OpenAI sends them at any time, also after the finish. */
function isChoiceAnnotation(choice: JsonObject | undefined): boolean {
  return choice !== undefined && choice['delta'] == null && filterMembers.some((name) => isObject(choice[name]))
}

const filterMembers = ['content_filter_results', 'content_filter_result', 'content_filter_offsets'] as const

/** Whether a chunk is the first one of Azure OpenAI, or has only annotations: neither has an id. */
function isAnnotation({ id, object, choices, usage }: JsonObject): boolean {
  if (id !== '' || usage != null || !Array.isArray(choices)) return false
  return (
    (object === '' || object === 'chat.completion.chunk') &&
    choices.every((entry) => isChoiceAnnotation(asObject(entry)))
  )
}
