import type { ProtocolName } from '../model/protocol-name.ts'

/** A tool call that an earlier answer of a session made; `text` is its only argument. */
interface ToolCall {
  readonly id: string
  readonly name: string
  readonly text: string
}

/** What a tool returned to the client, which sends it with its next request. */
export interface ToolResult {
  readonly id: string
  readonly text: string
}

/** One earlier turn of a session: what the client sent, and what it got. */
export interface Turn {
  readonly results: readonly ToolResult[]
  readonly prompt: string
  readonly text: string
  readonly calls: readonly ToolCall[]
}

/** The conversation before a request: all earlier turns, and the results of the tools that the last of them called. */
export interface History {
  readonly turns: readonly Turn[]
  readonly results: readonly ToolResult[]
}

/** How one protocol writes a conversation. */
interface HistoryForm {
  /** The elements of `messages` or `input` before those of the request itself. */
  readonly before: (history: History) => readonly object[]
  /** Parts of the last message before the prompt: tool results, if the protocol has them there. */
  readonly inLast: (results: readonly ToolResult[]) => readonly object[]
}

const anthropicResults = (results: readonly ToolResult[]) =>
  results.map(({ id, text }) => ({ type: 'tool_result', tool_use_id: id, content: text }))
const chatResults = (results: readonly ToolResult[]) =>
  results.map(({ id, text }) => ({ role: 'tool', tool_call_id: id, content: text }))
const responsesResults = (results: readonly ToolResult[]) =>
  results.map(({ id, text }) => ({ type: 'function_call_output', call_id: id, output: text }))

/** How each protocol writes a conversation. */
export const historyForms: Readonly<Record<ProtocolName, HistoryForm>> = {
  'anthropic-messages': {
    before: ({ turns }) =>
      turns.flatMap(({ results, prompt, text, calls }) => [
        { role: 'user', content: [...anthropicResults(results), { type: 'text', text: prompt }] },
        {
          role: 'assistant',
          content: [
            ...(text === '' ? [] : [{ type: 'text', text }]),
            ...calls.map((call) => ({ type: 'tool_use', id: call.id, name: call.name, input: { text: call.text } })),
          ],
        },
      ]),
    inLast: anthropicResults,
  },
  'openai-chat-completions': {
    before: ({ turns, results: last }) => [
      ...turns.flatMap(({ results, prompt, text, calls }) => [
        ...chatResults(results),
        { role: 'user', content: prompt },
        {
          role: 'assistant',
          content: text === '' ? null : text,
          ...(calls.length > 0 && {
            tool_calls: calls.map((call) => ({
              id: call.id,
              type: 'function',
              function: { name: call.name, arguments: JSON.stringify({ text: call.text }) },
            })),
          }),
        },
      ]),
      ...chatResults(last),
    ],
    inLast: () => [],
  },
  'openai-responses': {
    before: ({ turns, results: last }) => [
      ...turns.flatMap(({ results, prompt, text, calls }) => [
        ...responsesResults(results),
        { type: 'message', role: 'user', content: [{ type: 'input_text', text: prompt }] },
        ...(text === '' ? [] : [{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text }] }]),
        ...calls.map((call) => ({
          type: 'function_call',
          call_id: call.id,
          name: call.name,
          arguments: JSON.stringify({ text: call.text }),
        })),
      ]),
      ...responsesResults(last),
    ],
    inLast: () => [],
  },
}

/** A body with places for the conversation: elements of the list of messages, and parts of the last message. */
export function withHistoryPlaces(body: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const name = 'messages' in body ? 'messages' : 'input'
  const list = body[name]
  // A Responses request may have text only.
  const messages = Array.isArray(list)
    ? (list as readonly Readonly<Record<string, unknown>>[])
    : [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: list }] }]
  const { content, ...last } = messages.at(-1) as Readonly<Record<string, unknown>>
  const parts = Array.isArray(content) ? content : name === 'input' ? content : [{ type: 'text', text: content }]
  const placed = Array.isArray(parts) ? ['{results}', ...parts] : parts
  return { ...body, [name]: [...messages.slice(0, -1), '{history}', { ...last, content: placed }] }
}
