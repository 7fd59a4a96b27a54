import type { FailureKind } from '../model/failure.ts'
import type { ProtocolName } from '../model/protocol-name.ts'

/** One rule that a stream can break. */
interface Rule {
  /** What is wrong with a stream that breaks it. */
  readonly title: string
  readonly severity: 'error' | 'warning'
  /** Condition under which it is only a warning although its severity is `error`. */
  readonly warnsIf?: string
  /** Set if breaking the rule is proof against the gateway: the failure of a stream that otherwise looks complete. */
  readonly convicts?: FailureKind
  /** The protocols that have it; absent: all. */
  readonly protocols?: readonly ProtocolName[]
  /** The document that defines the rule. */
  readonly source: string
  /** What it means for a client. */
  readonly impact: string
}

const plan = 'The seeded plan, which mock and runner compute independently'
const html = 'WHATWG HTML, section 9.2.6 (Interpreting an event stream)'
const anthropic = {
  severity: 'error',
  protocols: ['anthropic-messages'],
  source: 'Anthropic API reference, Streaming messages',
} as const
const chat = {
  severity: 'error',
  protocols: ['openai-chat-completions'],
  source: 'OpenAI API reference, Chat completion chunk object',
} as const
const responses = {
  severity: 'error',
  protocols: ['openai-responses'],
  source: 'OpenAI API reference, Responses streaming events',
} as const

const listedContentType = {
  warnsIf: 'it is a list or sent twice, and the last valid type is text/event-stream',
} as const

/** When an Anthropic answer may be truncated at any point. */
const truncated = 'the stop reason is max_tokens, model_context_window_exceeded, refusal or unknown'

/** Rules with `convicts` come first, most severe first: the first of them that a stream breaks determines its failure kind. */
const table = {
  I5: {
    title: 'text belongs to another stream (cross-talk)',
    severity: 'error',
    convicts: 'cross_talk',
    source: plan,
    impact: "A user reads another user's answer.",
  },
  I4: {
    title: 'text is corrupted or not valid UTF-8',
    severity: 'error',
    convicts: 'text_corrupted',
    source: `${plan}; RFC 3629`,
    impact: 'The text shows wrong or replacement characters, usually from decoding each network read separately.',
  },
  I3: {
    title: 'text is out of order',
    severity: 'error',
    convicts: 'text_reordered',
    source: plan,
    impact: 'Words are scrambled.',
  },
  I2: {
    title: 'text is duplicated',
    severity: 'error',
    convicts: 'text_duplicated',
    source: plan,
    impact: 'Words appear twice, for example after a retry in mid-stream.',
  },
  I1: {
    title: 'text is missing',
    severity: 'error',
    convicts: 'text_missing',
    source: plan,
    impact: 'Words are missing from the middle of the answer, and nothing shows it.',
  },
  I6: {
    title: 'stream ends successfully without all of its text',
    severity: 'error',
    convicts: 'masked_truncation',
    source: plan,
    impact: 'A truncated answer looks complete. No grammar can detect this.',
  },
  I7: {
    title: "tool calls differ from the provider's",
    severity: 'error',
    convicts: 'tool_args_differ',
    source: plan,
    impact: 'An agent calls the wrong tool, or calls it with other arguments.',
  },
  I9: {
    title: "stop reason differs from the provider's",
    severity: 'error',
    convicts: 'stop_reason_differs',
    protocols: ['openai-chat-completions', 'openai-responses'],
    source: plan,
    impact: 'A client takes a truncated or refused answer for a finished one, or the reverse.',
  },
  A12: {
    ...anthropic,
    title: "stop reason differs from the provider's",
    convicts: 'stop_reason_differs',
    source: `${plan}, translated: stop is end_turn, length is max_tokens, tool_calls is tool_use, content_filter is refusal`,
    impact: 'A client takes a truncated or refused answer for a finished one, or does not run a tool.',
  },
  I8: {
    title: "usage differs from the provider's",
    severity: 'error',
    protocols: ['openai-chat-completions', 'openai-responses'],
    source: plan,
    impact: 'Costs and context sizes are computed from wrong numbers.',
  },
  I10: {
    title: 'model differs from the requested one',
    severity: 'error',
    source: plan,
    impact: 'A model other than the requested one is reported, so logs and costs are attributed to it.',
  },
  usage_estimated: {
    title: 'usage is reported although the provider sent none',
    severity: 'error',
    source: plan,
    impact: 'The client cannot know that the numbers are an estimate.',
  },
  buffered: {
    title: 'stream arrives in one burst near its end',
    severity: 'error',
    source: 'Timestamps that the mock puts into each delta',
    impact: 'The user sees nothing for most of the time, then everything at once.',
  },
  empty_stream: {
    title: 'stream has no event',
    severity: 'error',
    source: html,
    impact: 'The client gets an empty answer without an error.',
  },
  protocol_not_sse: {
    title: 'body is not an event stream',
    severity: 'error',
    source: html,
    impact: 'The client finds no event in it and gets an empty answer without an error.',
  },
  unterminated_final_event: {
    title: 'last event has no blank line after it',
    severity: 'error',
    source: `${html}: a pending event is discarded at the end of the body`,
    impact: 'Clients that follow the standard lose the last event; others keep it.',
  },
  event_too_large: {
    title: 'event is larger than 8 MiB, or exceeds the memory for all streams',
    severity: 'error',
    source: 'Limit of this program: a client without a limit can run out of memory',
    impact: 'Clients that limit the size of an event abort the stream.',
  },
  internal_error: {
    title: 'this program failed while it read the stream',
    severity: 'error',
    source: 'A bug of this program: please report it',
    impact: 'The rest of the stream was not checked. In a run the stream fails, and the verdict is INVALID.',
  },
  json_malformed: {
    title: 'event data is not JSON',
    severity: 'error',
    protocols: ['anthropic-messages', 'openai-responses'],
    source: 'RFC 8259',
    impact: 'SDKs throw while parsing the event, so the stream ends there.',
  },
  status_200_error: {
    title: 'error body has status 200',
    severity: 'error',
    source: 'RFC 9110, section 15 (Status codes)',
    impact: 'The client does not retry, and may show the error as an answer.',
  },
  http_tolerated: {
    title: 'some HTTP clients reject the response',
    severity: 'warning',
    source: 'RFC 9112: a sender must not send it; RFC 9110, section 15.2, for 100 Continue',
    impact: 'Node.js or fetch rejects the response, so JavaScript SDKs fail. Other clients accept it.',
  },
  error_then_success: {
    title: 'stream continues after an error',
    severity: 'error',
    source: 'API references of the three protocols: an error ends the stream',
    impact: 'Some clients report a failure, others show a complete answer.',
  },
  content_type: {
    title: 'content type is missing, wrong or a list',
    severity: 'error',
    ...listedContentType,
    protocols: ['openai-chat-completions', 'openai-responses'],
    source: `OpenAI API reference, Streaming; WHATWG HTML, section 9.2.4; Fetch, "extract a MIME type"`,
    impact: 'SDKs do not read the body as a stream.',
  },
  A1: {
    ...anthropic,
    ...listedContentType,
    title: 'content type is missing, wrong or a list',
    source: `${anthropic.source}; WHATWG HTML, section 9.2.4; Fetch, "extract a MIME type"`,
    impact: 'SDKs do not read the body as a stream.',
  },
  A2: {
    ...anthropic,
    title: 'event name is missing or differs from the type in its data',
    impact: 'The official SDK ignores unnamed events: the whole stream appears empty.',
  },
  A3: {
    ...anthropic,
    title: 'message_start is missing, repeated, late or incomplete',
    impact: 'The official SDK builds the message from it and throws if `content` is missing.',
  },
  A4: {
    ...anthropic,
    title: 'block indices have gaps or blocks overlap',
    warnsIf: 'a block starts while another one is open',
    impact: 'Clients attach deltas to the wrong block; some stall on overlapping blocks.',
  },
  A5: {
    ...anthropic,
    title: 'content block or delta is incomplete, or the delta does not fit an open block',
    warnsIf:
      'a type is unknown, a thinking block has no signature, or a tool call id has characters that the API rejects',
    impact: 'The delta is lost, the client appends `undefined`, the tool call cannot run, or the SDK throws.',
  },
  A6: {
    ...anthropic,
    title: 'block is not stopped exactly once before message_delta',
    warnsIf: truncated,
    impact: 'A client that handles blocks when they stop handles this one twice or never.',
  },
  A7: {
    ...anthropic,
    title: 'message_delta is missing, or its stop reason or usage is invalid',
    // With `tool_use` the reference promises a tool_use block, so a stream without one is broken. With the opposite, a
    // client that runs every tool block still works. Chat completions (C3) promise neither: a forced call ends with `stop`.
    warnsIf: 'the stop reason is unknown (but not from another protocol), or is end_turn after a tool call',
    impact: 'The client cannot tell why the answer ended.',
  },
  A8: {
    ...anthropic,
    title: 'message_stop is missing, repeated or not the last event',
    impact: 'The client keeps waiting, or reports the stream as truncated.',
  },
  A9: {
    ...anthropic,
    severity: 'warning',
    title: 'event type is unknown',
    impact: 'None for clients that skip unknown events, as the API reference requires.',
  },
  A10: {
    ...anthropic,
    title: 'error event has no type or no message',
    impact: 'The client cannot say what went wrong, or whether a retry makes sense.',
  },
  A11: {
    ...anthropic,
    title: 'tool input is not a JSON object',
    warnsIf: truncated,
    source: `${anthropic.source}; RFC 8259`,
    impact: 'The tool call cannot run.',
  },
  A13: {
    ...anthropic,
    title: "usage differs from the provider's",
    source: plan,
    impact: 'Costs and context sizes are computed from wrong numbers.',
  },
  C1: {
    ...chat,
    title: 'chunk has a missing or wrong member, or its id, created or model changes',
    impact: 'Clients drop the chunk, or take the stream for two answers.',
  },
  C2: {
    ...chat,
    title: 'first delta of a choice has no role',
    impact: 'Clients that build a message from the deltas build one without a role.',
  },
  C3: {
    ...chat,
    title: 'choice does not end with exactly one valid finish_reason',
    warnsIf: 'the finish_reason is valid but does not match the tool calls',
    impact: 'The client cannot tell whether the answer is complete.',
  },
  C4: {
    ...chat,
    title: 'usage is repeated or in the wrong place',
    warnsIf: 'the usage is in a chunk that also has choices',
    impact: 'Usage is counted twice or not at all.',
  },
  C5: {
    ...chat,
    title: '[DONE] is missing, repeated, altered or not the last event',
    impact: 'The client keeps waiting, fails to parse it, or reports the stream as truncated.',
  },
  C6: {
    ...chat,
    title: 'tool call has a missing, changing or duplicate index, id or name, or invalid arguments',
    warnsIf: 'the arguments are truncated and the finish_reason is length or content_filter',
    impact: 'The tool call cannot run, or its fragments are joined to the wrong call.',
  },
  C7: {
    ...chat,
    severity: 'warning',
    title: '[DONE] follows an error',
    impact: 'None for clients that stop at the error; others take the stream for complete.',
  },
  C8: {
    ...chat,
    title: 'event has a name other than error',
    impact: 'Clients that only listen for unnamed events miss it.',
  },
  C9: {
    ...chat,
    title: 'choice index is missing, out of range or has gaps',
    impact: 'The text goes to a choice that was not requested, and is lost.',
  },
  R1: {
    ...responses,
    title: 'event name or sequence number is wrong',
    warnsIf: 'the event type is unknown',
    impact: 'Clients skip the event, or cannot resume the stream where it broke.',
  },
  R2: {
    ...responses,
    title: 'response.created is missing, repeated or incomplete, or the response id changes',
    impact: 'Clients have no response to add the output to.',
  },
  R3: {
    ...responses,
    title:
      'output item is out of sequence, incomplete or never done, or its id, call_id or name is not unique or changes',
    warnsIf: 'the item type is unknown',
    impact: 'Clients that track items by id, or handle them when they are done, lose this item.',
  },
  R4: {
    ...responses,
    title: 'content part is not opened and closed correctly, or its text differs from its deltas',
    warnsIf: 'the part type is unknown, or a reasoning text has no content_part.added',
    source: `${responses.source}: part and item are complete in content_part.done and output_item.done`,
    impact: 'The final text differs from the text that was streamed: Codex shows only the text of output_item.done.',
  },
  R5: {
    ...responses,
    title: 'function call arguments differ from their deltas, are not closed, or are not a JSON object',
    warnsIf: 'the response is incomplete and the arguments are truncated',
    source: `${responses.source}; RFC 8259`,
    impact: 'The tool call cannot run, or runs with other arguments.',
  },
  R6: {
    ...responses,
    title: 'terminal event is missing, or its status, reason, error, usage or output is wrong or incomplete',
    warnsIf: 'the reason of an incomplete response is missing, or is unknown (but not from another protocol)',
    impact: 'Clients that read only the final response get a different answer from the one that was streamed.',
  },
  R7: {
    ...responses,
    title: 'event follows the terminal event, or [DONE] precedes it',
    warnsIf: 'it is one [DONE] at the end, which Open Responses requires and OpenAI does not send, or a second error',
    impact: 'The event is lost, or the client keeps waiting.',
  },
  R8: {
    ...responses,
    title: 'event refers to an output item that was never added',
    impact: 'The official SDK throws.',
  },
} as const satisfies Readonly<Record<string, Rule>>

/** The id of a rule, such as `A3`, or the name of a finding class, such as `json_malformed`. */
export type RuleId = keyof typeof table

/** Every rule by its id. */
export const rules: Readonly<Record<RuleId, Rule>> = table

/** The ids of all rules, in the order of the documentation: by their letter, then by their number. */
export const ruleIds: readonly RuleId[] = (Object.keys(table) as RuleId[]).sort((a, b) =>
  documentationKey(a).localeCompare(documentationKey(b)),
)

/** The rules with `convicts`, most severe first, and the failure of a stream that breaks one but otherwise looks complete. */
export const corruptions: readonly (readonly [rule: RuleId, kind: FailureKind])[] = (
  Object.entries(rules) as [RuleId, Rule][]
).flatMap(([id, { convicts }]) => (convicts ? [[id, convicts] as const] : []))

const convictingRules: ReadonlySet<string> = new Set(corruptions.map(([id]) => id))
const convictingKinds: ReadonlySet<FailureKind> = new Set(corruptions.map(([, kind]) => kind))

/** Whether breaking a rule fails a run by itself, however few streams broke it. A stored run may have unknown rules. */
export function isCorruption(rule: string): boolean {
  return convictingRules.has(rule)
}

/** Whether a failure means that the content differs from what the mock sent. */
export function isCorrupted(kind: FailureKind): boolean {
  return convictingKinds.has(kind)
}

/** Whether a text, for example from a stored run, is the id of a rule. */
function isRuleId(text: string): text is RuleId {
  return Object.hasOwn(table, text)
}

/** A rule with its title, such as `A12 stop reason differs from the provider's`; an unknown one as it is. */
export function titledRule(id: string): string {
  if (!isRuleId(id)) return id
  return /^[A-Z]\d+$/.test(id) ? `${id} ${table[id].title}` : `${id} (${table[id].title})`
}

function documentationKey(id: RuleId): string {
  const [, letter, number = ''] = /^([A-Z])(\d+)$/.exec(id) ?? []
  return letter === undefined ? `Z${id}` : `${letter}${number.padStart(2, '0')}`
}
