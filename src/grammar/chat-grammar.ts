import { doneData } from '../protocol/openai-chat-completions.ts'
import { asObject, parseObject } from '../protocol/protocol.ts'
import type { Grammar, Report } from './finding.ts'
import { createJsonText, type JsonText } from './json-text.ts'

type Body = Readonly<Record<string, unknown>>

interface Call {
  readonly id: unknown
  readonly name: unknown
  readonly json: JsonText
}

interface Choice {
  /** Made with the first tool call. */
  calls?: Map<unknown, Call>
  finished: boolean
}

/** Choices, and tool calls of one, that are followed: what goes beyond is found to be wrong. */
const maxFollowed = 1000

const same = ['id', 'created', 'model'] as const

/** Rules C1 to C9 of OpenAI chat completions with `choices` choices (OpenAI API reference, "Create chat completion"). */
export function chatGrammar(report: Report, choices = 1): Grammar {
  const seen = new Map<unknown, Choice>()
  let first: Body | undefined
  let usages = 0
  let state: 'open' | 'done' | 'error' = 'open'

  const identity = (chunk: Body) => {
    if (chunk['object'] !== 'chat.completion.chunk')
      report.broken('C1', 'object "chat.completion.chunk"', chunk['object'])
    // Azure's first chunk, with the results of its filters, has neither.
    if (chunk['id'] === '' && Array.isArray(chunk['choices']) && chunk['choices'].length === 0) return
    // Not the chunk itself, which would be kept with all that it says.
    first ??= { id: chunk['id'], created: chunk['created'], model: chunk['model'] }
    for (const name of same) {
      if (chunk[name] !== first[name])
        report.broken('C1', `the same ${name} in all, ${String(first[name])}`, chunk[name])
    }
  }

  const toolCall = (choice: Choice, { index, id, type, function: fn }: Body) => {
    const { name, arguments: part } = asObject(fn) ?? {}
    choice.calls ??= new Map()
    let call = choice.calls.get(index)
    if (!call) {
      if (typeof id !== 'string' || type !== 'function' || typeof name !== 'string')
        report.broken('C6', 'id, type and name in the first fragment of a tool call', { index, id, type, name })
      call = { id, name, json: createJsonText() }
      if (choice.calls.size < maxFollowed) choice.calls.set(index, call)
    } else if ((id != null && id !== call.id) || (name != null && name !== call.name))
      report.broken('C6', `tool call ${String(index)} to keep its id and name`, { id, name })
    if (typeof part === 'string') call.json.push(part)
  }

  const finish = (choice: Choice) => {
    choice.finished = true
    for (const [index, { json }] of choice.calls ?? []) {
      if (!json.isEmpty() && !json.isWhole())
        report.broken('C6', 'arguments that are JSON', `those of tool call ${String(index)} end within it`)
    }
  }

  const choiceOf = (entry: unknown) => {
    const { index, delta, finish_reason: reason } = asObject(entry) ?? {}
    if (typeof index !== 'number' || index < 0 || index >= choices)
      report.broken('C9', `an index from 0 to ${choices - 1}`, index)
    const { role, tool_calls: calls } = asObject(delta) ?? {}
    let choice = seen.get(index)
    if (!choice) {
      if (typeof role !== 'string') report.broken('C2', "a role in a choice's first delta", delta)
      choice = { finished: false }
      if (seen.size < maxFollowed) seen.set(index, choice)
    } else if (choice.finished) report.broken('C3', `nothing of choice ${String(index)} after its finish_reason`, entry)
    for (const call of Array.isArray(calls) ? calls : []) toolCall(choice, asObject(call) ?? {})
    if (reason != null && !choice.finished) finish(choice)
  }

  const usage = (chunk: Body) => {
    if (chunk['usage'] == null) return
    // Some send it with the finish too, which clients bear.
    if ((chunk['choices'] as readonly unknown[]).length > 0)
      report.warn('C4', 'usage in a chunk without choices', chunk['usage'])
    if (++usages > 1) report.broken('C4', 'usage once', chunk['usage'])
    if ([...seen.values()].some(({ finished }) => !finished))
      report.broken('C4', 'usage after the finish', chunk['usage'])
  }

  const done = () => {
    const open = [...seen].filter(([, { finished }]) => !finished).map(([index]) => index)
    if (seen.size === 0) report.broken('C3', 'a finish_reason before [DONE]', 'no choice at all')
    if (open.length > 0)
      report.broken('C3', 'a finish_reason of each choice before [DONE]', `none of choice ${open.join(', ')}`)
    state = 'done'
  }

  return {
    event(type, data) {
      if (type !== 'message' && type !== 'error') report.broken('C8', 'no event name but error', type)
      if (state === 'done') {
        report.broken('C5', 'nothing after [DONE]', data)
        return
      }
      if (state === 'error') {
        if (data === doneData) report.warn('C7', 'nothing after an error', data)
        else report.broken('error_then_success', 'nothing after an error', data)
        return
      }
      if (data === doneData) {
        done()
        return
      }
      if (data.trim() === doneData) report.broken('C5', '[DONE] exactly', data)
      const chunk = parseObject(data)
      if (!chunk) {
        report.broken('C1', 'an event whose data is a JSON object', data)
        return
      }
      if (chunk['error'] != null || type === 'error') {
        state = 'error'
        return
      }
      identity(chunk)
      if (!Array.isArray(chunk['choices'])) {
        report.broken('C1', 'a list of choices', chunk['choices'])
        return
      }
      for (const entry of chunk['choices']) choiceOf(entry)
      usage(chunk)
    },
    // A text more in the same block changes nothing.
    again() {},
    end() {
      if (state === 'done') return 'whole'
      if (state === 'error') return 'error'
      report.broken('C5', '[DONE] as the last event', 'the end of the body')
      return 'cut'
    },
  }
}
