import { is, isFilledText, isList, isNumber, isText, type Members, optional } from './members.ts'

/** A list of parts in an item. */
export type PartList = 'content' | 'summary'

/** The item or part to which the text of delta events belongs, and the member of the finished one that repeats it. */
export interface TextKind {
  readonly rule: 'R4' | 'R5'
  /** The member with the complete text: of the done event and of the finished part or item. */
  readonly member: string
  /** Type of the item, or of the item's part, that has the text. */
  readonly holder: string
  /** The list of the item's parts that has the part; absent: the text belongs to the item itself. */
  readonly list?: PartList
}

const textKinds: Readonly<Record<string, TextKind>> = {
  'response.output_text': { rule: 'R4', member: 'text', holder: 'output_text', list: 'content' },
  'response.refusal': { rule: 'R4', member: 'refusal', holder: 'refusal', list: 'content' },
  'response.reasoning_text': { rule: 'R4', member: 'text', holder: 'reasoning_text', list: 'content' },
  'response.reasoning_summary_text': { rule: 'R4', member: 'text', holder: 'summary_text', list: 'summary' },
  'response.function_call_arguments': { rule: 'R5', member: 'arguments', holder: 'function_call' },
  'response.custom_tool_call_input': { rule: 'R5', member: 'input', holder: 'custom_tool_call' },
  'response.mcp_call_arguments': { rule: 'R5', member: 'arguments', holder: 'mcp_call' },
  'response.code_interpreter_call_code': { rule: 'R5', member: 'code', holder: 'code_interpreter_call' },
}
const withSuffix = (suffix: string): ReadonlyMap<string, TextKind> =>
  new Map(Object.entries(textKinds).map(([name, kind]) => [`${name}.${suffix}`, kind]))

/** The events with a piece of a text. */
export const deltaEvents = withSuffix('delta')
/** The events with a complete text. */
export const textDoneEvents = withSuffix('done')
const byHolder = (isPart: boolean): ReadonlyMap<unknown, TextKind> =>
  new Map(
    Object.values(textKinds)
      .filter(({ list }) => (list !== undefined) === isPart)
      .map((kind) => [kind.holder, kind]),
  )

/** The kind of text in each type of part. */
export const partTexts = byHolder(true)
/** The kind of text that each type of item has itself. */
export const itemTexts = byHolder(false)

/** The list of an item's parts to which an event refers. */
export const partAddedEvents: ReadonlyMap<string, PartList> = new Map([
  ['response.content_part.added', 'content'],
  ['response.reasoning_summary_part.added', 'summary'],
])
/** The same for the end of a part. */
export const partDoneEvents: ReadonlyMap<string, PartList> = new Map([
  ['response.content_part.done', 'content'],
  ['response.reasoning_summary_part.done', 'summary'],
])
/** The member of an event that has the index of its part. */
export const partIndex = { content: 'content_index', summary: 'summary_index' } as const

/** The status of the response in each terminal event. */
export const terminalStatus: ReadonlyMap<string, string> = new Map([
  ['response.completed', 'completed'],
  ['response.failed', 'failed'],
  ['response.incomplete', 'incomplete'],
])
/** The documented reasons of an incomplete response. */
export const incompleteReasons: ReadonlySet<unknown> = new Set(['max_output_tokens', 'content_filter'])
/** What the other protocols call such reasons. */
export const foreignReasons: ReadonlySet<unknown> = new Set(['max_tokens', 'length', 'refusal', 'stop', 'end_turn', ''])

/** The events before the output. */
export const openingEvents: ReadonlySet<string> = new Set([
  'response.created',
  'response.queued',
  'response.in_progress',
])
const stages = (tool: string, ...names: readonly string[]) => names.map((name) => `response.${tool}.${name}`)

/** Further events of the API reference. Those with an `output_index` must refer to an added item; nothing else is checked. */
const otherEvents: ReadonlySet<string> = new Set([
  'response.output_text.annotation.added',
  ...stages('file_search_call', 'in_progress', 'searching', 'completed'),
  ...stages('web_search_call', 'in_progress', 'searching', 'completed'),
  ...stages('code_interpreter_call', 'in_progress', 'interpreting', 'completed'),
  ...stages('image_generation_call', 'in_progress', 'generating', 'partial_image', 'completed'),
  ...stages('mcp_call', 'in_progress', 'completed', 'failed'),
  ...stages('mcp_list_tools', 'in_progress', 'completed', 'failed'),
  ...stages('audio', 'delta', 'done', 'transcript.delta', 'transcript.done'),
])

const knownEvents: ReadonlySet<string> = new Set([
  ...openingEvents,
  ...terminalStatus.keys(),
  ...stages('output_item', 'added', 'done'),
  ...partAddedEvents.keys(),
  ...partDoneEvents.keys(),
  ...deltaEvents.keys(),
  ...textDoneEvents.keys(),
  ...otherEvents,
])

/** Whether an event type is in the API reference; `error` and `keepalive` are not among them. */
export function isKnownEvent(name: string): boolean {
  return knownEvents.has(name)
}

/** The members of the `response` in lifecycle events. */
export const responseMembers: Members = {
  id: isFilledText,
  object: is('response'),
  created_at: isNumber,
  model: isText,
  status: isText,
  output: isList,
}
/** The members of `usage` in a terminal event. A response may have no usage. */
export const usageMembers: Members = { input_tokens: isNumber, output_tokens: isNumber, total_tokens: isNumber }

const anyItem: Members = { id: isFilledText, type: isFilledText }
const itemSchemas: Readonly<Record<string, Members>> = {
  message: { role: is('assistant'), status: isText, content: isList },
  reasoning: { summary: isList, content: optional(isList) },
  function_call: { call_id: isFilledText, name: isFilledText, arguments: isText },
  custom_tool_call: { call_id: isFilledText, name: isFilledText, input: isText },
  mcp_call: { name: isFilledText, arguments: isText },
  code_interpreter_call: { code: optional(isText) },
  file_search_call: {},
  web_search_call: {},
  image_generation_call: {},
  computer_call: { call_id: isFilledText },
  computer_call_output: { call_id: isFilledText },
  local_shell_call: { call_id: isFilledText },
  local_shell_call_output: {},
  shell_call: { call_id: isFilledText },
  shell_call_output: { call_id: isFilledText },
  apply_patch_call: { call_id: isFilledText },
  apply_patch_call_output: { call_id: isFilledText },
  mcp_list_tools: {},
  mcp_approval_request: {},
  compaction: {},
}
const itemMembers: ReadonlyMap<unknown, Members> = new Map(
  Object.entries(itemSchemas).map(([type, members]) => [type, { ...anyItem, ...members }]),
)

const clientRun: ReadonlySet<unknown> = new Set(['local_shell_call', 'shell_call', 'apply_patch_call', 'computer_call'])

/** Whether the client runs items of this type, so that one may still be in progress in output_item.done. */
export function isRunByClient(type: unknown): boolean {
  return clientRun.has(type)
}

/** Whether an item type is in the API reference. */
export function isKnownItem(type: unknown): boolean {
  return itemMembers.has(type)
}

/** The members that an item of this type must have, both when it is added and when it is done. */
export function membersOfItem(type: unknown): Members {
  return itemMembers.get(type) ?? anyItem
}

/** The members that a part of this type must have. */
export function membersOfPart(type: unknown): Members {
  return partMembers.get(partTexts.get(type)?.member) ?? anyPart
}
const anyPart: Members = { type: isFilledText }
const partMembers: ReadonlyMap<unknown, Members> = new Map<string, Members>([
  ['text', { text: isText }],
  ['refusal', { refusal: isText }],
])
