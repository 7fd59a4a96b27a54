import type { RuleId } from '../grammar/rules.ts'
import type { ProtocolName } from '../model/protocol-name.ts'
import { toolFrame, toolNames } from '../plan/content.ts'
import { type ChatChoice, changeChoices, fragmentOf } from './chat-choice.ts'
import { type Fault, type Playing, sees } from './fault.ts'
import { isDelta, mapEvents, type Step, withText } from './step.ts'

const common = { kind: 'form', isPlaced: false } as const
const chat = ['openai-chat-completions'] as const

/** The rule that a tool call with a wrong id or name breaks. */
function callRule(protocol: ProtocolName): RuleId {
  const callRules = {
    'anthropic-messages': 'A5',
    'openai-chat-completions': 'C6',
    'openai-responses': 'R3',
  } as const
  return callRules[protocol]
}

function withTexts(steps: readonly Step[], change: (text: string) => string): readonly Step[] {
  return mapEvents(steps, (step) => withText(step, change))
}

/** Each tool call in one chunk, with an object as arguments. */
function withObjects({ steps }: Playing): readonly Step[] {
  let started: ReturnType<typeof fragmentOf>
  let text = ''
  return changeChoices(steps, (choice) => {
    const fragment = fragmentOf(choice)
    if (!fragment) return [choice]
    if (fragment.id !== undefined) {
      started = fragment
      text = ''
      return []
    }
    text += fragment.function.arguments
    if (!text.endsWith(toolFrame.after)) return []
    const call = { ...started, function: { ...started?.function, arguments: JSON.parse(text) } }
    return [{ ...choice, delta: { tool_calls: [call] } }]
  })
}

/** The input of each Anthropic tool call in one delta, as an object instead of a part of its JSON. */
function withInputObjects({ steps }: Playing): readonly Step[] {
  let text = ''
  return withTexts(steps, (event) => {
    // Linear: an event of the mock is complete JSON, so that each quote is closed.
    const part = /"partial_json":("(?:[^"\\]|\\.)*")/.exec(event)?.[1]
    if (part === undefined) return event
    text += JSON.parse(part)
    if (!text.endsWith(toolFrame.after)) return ''
    const object = text
    text = ''
    return event.replace(part, () => object)
  })
}

function withoutIndex(choice: ChatChoice): object {
  const fragment = fragmentOf(choice)
  if (!fragment) return choice
  const { index: _, ...call } = fragment
  return { ...choice, delta: { tool_calls: [call] } }
}

/** Members and types that real providers send although the API reference of the protocol does not have them. */
export const providerFormFaults = {
  'call-no-index': {
    ...common,
    content: 'tools',
    describe: 'omits the index of tool calls',
    rows: [58],
    protocols: chat,
    direct: sees('tool_args_differ', 'C6'),
    apply: ({ steps }) => changeChoices(steps, (choice) => [withoutIndex(choice)]),
  },
  'call-same-id': {
    ...common,
    content: 'tools',
    describe: 'sends two tool calls with the same id',
    rows: [58],
    direct: (protocol) => ({ outcome: 'whole', rule: callRule(protocol) }),
    apply: ({ steps }) => withTexts(steps, (text) => text.replace(/"(call_\d+_\d+)_1"/g, '"$1_0"')),
  },
  'call-no-name': {
    ...common,
    content: 'tools',
    describe: 'sends a tool call with an empty name',
    rows: [58],
    direct: (protocol) => ({ outcome: 'tool_args_differ', rule: callRule(protocol) }),
    apply: ({ steps }) => withTexts(steps, (text) => text.replaceAll(`"name":"${toolNames[1]}"`, '"name":""')),
  },
  'args-object': {
    ...common,
    content: 'tools',
    describe: 'sends the arguments of tool calls as an object',
    rows: [59],
    protocols: ['openai-chat-completions', 'anthropic-messages'],
    direct: (protocol) => ({ outcome: 'tool_args_differ', rule: callRule(protocol) }),
    apply: (playing) => (playing.protocol === 'anthropic-messages' ? withInputObjects(playing) : withObjects(playing)),
  },
  'content-list': {
    ...common,
    content: 'plain',
    describe: 'sends the content of each delta as a list of parts',
    rows: [59],
    protocols: chat,
    direct: sees('masked_truncation', 'C1'),
    apply: ({ steps }) =>
      changeChoices(steps, (choice, step) =>
        isDelta(step) ? [{ ...choice, delta: { content: [{ type: 'text', text: choice.delta.content }] } }] : [choice],
      ),
  },
  'delta-null': {
    ...common,
    describe: 'sends null instead of the last delta',
    rows: [59],
    protocols: chat,
    direct: sees('whole', 'C1'),
    apply: ({ steps }) =>
      changeChoices(steps, (choice) => [choice.finish_reason === null ? choice : { ...choice, delta: null }]),
  },
  'message-not-delta': {
    ...common,
    content: 'plain',
    describe: 'sends a message instead of each delta',
    rows: [59],
    protocols: chat,
    direct: sees('masked_truncation', 'C1'),
    apply: ({ steps }) =>
      changeChoices(steps, ({ delta, ...choice }) => [{ ...choice, message: { role: 'assistant', ...delta } }]),
  },
  'extra-choice': {
    ...common,
    content: 'plain',
    describe: 'sends a second choice that was not requested',
    rows: [60],
    protocols: chat,
    direct: sees('text_corrupted', 'C9'),
    apply: ({ steps }) =>
      changeChoices(steps, (choice, step) => [
        choice,
        { ...choice, index: 1, delta: isDelta(step) ? { content: 'second choice ' } : choice.delta },
      ]),
  },
} as const satisfies Readonly<Record<string, Fault>>
