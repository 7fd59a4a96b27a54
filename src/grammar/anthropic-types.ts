import { is, isCount, isEmptyList, isFilledText, isNull, isObject, isText, type Members, optional } from './members.ts'

/** A type of content block: the members it starts with, and its delta types. Without `deltas` it may have any. */
interface BlockType {
  readonly members: Members
  readonly deltas?: readonly string[]
}

const toolCall: BlockType = {
  members: { id: isFilledText, name: isFilledText, input: isObject },
  deltas: ['input_json_delta'],
}
const toolResult: BlockType = { members: { tool_use_id: isFilledText } }

/** The documented block types. The list grows, so that other types are only warnings. */
export const blockTypes: ReadonlyMap<unknown, BlockType> = new Map([
  ['text', { members: { text: isText }, deltas: ['text_delta', 'citations_delta'] }],
  ['thinking', { members: { thinking: isText }, deltas: ['thinking_delta', 'signature_delta'] }],
  ['redacted_thinking', { members: { data: isText }, deltas: [] }],
  ['tool_use', toolCall],
  ['server_tool_use', toolCall],
  ['mcp_tool_use', toolCall],
  ['web_search_tool_result', toolResult],
  ['web_fetch_tool_result', toolResult],
  ['code_execution_tool_result', toolResult],
  ['bash_code_execution_tool_result', toolResult],
  ['text_editor_code_execution_tool_result', toolResult],
  ['tool_search_tool_result', toolResult],
  ['mcp_tool_result', toolResult],
  ['container_upload', { members: { file_id: isText } }],
  ['compaction', { members: { content: optional(isText) }, deltas: ['compaction_delta'] }],
])

/** The documented delta types, and the members of each. */
export const deltaTypes: ReadonlyMap<unknown, Members> = new Map<unknown, Members>([
  ['text_delta', { text: isText }],
  ['citations_delta', { citation: isObject }],
  ['input_json_delta', { partial_json: isText }],
  ['thinking_delta', { thinking: isText }],
  ['signature_delta', { signature: isText }],
  ['compaction_delta', { content: optional(isText) }],
])

/** The message in message_start. */
export const startMessage: Members = {
  id: isText,
  type: is('message'),
  role: is('assistant'),
  model: isText,
  content: isEmptyList,
  stop_reason: isNull,
}

/** The usage in message_delta: only `output_tokens` is required. */
export const deltaUsage: Members = {
  output_tokens: isCount,
  input_tokens: optional(isCount),
  cache_creation_input_tokens: optional(isCount),
  cache_read_input_tokens: optional(isCount),
}

/** The usage in message_start. */
export const startUsage: Members = { ...deltaUsage, input_tokens: isCount }

/** The documented stop reasons. The list grows, so that others are only warnings. */
export const stopReasons: ReadonlySet<unknown> = new Set([
  'end_turn',
  'max_tokens',
  'stop_sequence',
  'tool_use',
  'pause_turn',
  'refusal',
  'model_context_window_exceeded',
  'compaction',
])

/** The stop reasons of a truncated answer, which may end anywhere, even within the input of a tool call. */
const truncations: ReadonlySet<unknown> = new Set(['max_tokens', 'model_context_window_exceeded', 'refusal'])

/** Whether an answer with this stop reason may end anywhere. An unknown reason may also be a truncation. */
export function mayTruncate(reason: unknown): boolean {
  return (
    truncations.has(reason) || (typeof reason === 'string' && !stopReasons.has(reason) && !foreignStops.has(reason))
  )
}

/** The stop reasons and statuses of the other protocols, and an empty one: no client of this protocol knows them. */
export const foreignStops: ReadonlySet<unknown> = new Set([
  '',
  'stop',
  'length',
  'tool_calls',
  'function_call',
  'content_filter',
  'max_output_tokens',
  'completed',
  'incomplete',
])
