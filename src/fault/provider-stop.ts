import type { RuleId } from '../grammar/rules.ts'
import type { ProtocolName } from '../model/protocol-name.ts'
import { doneData } from '../protocol/openai-chat-completions.ts'
import { frame } from '../protocol/protocol.ts'
import { changeChoices, fragmentOf } from './chat-choice.ts'
import { type Fault, type Playing, sees } from './fault.ts'
import { before, body, end, isDelta, mapEvents, type Step, withText } from './step.ts'

const whole = { isPlaced: false } as const
const chat = ['openai-chat-completions'] as const
const withStop = ['openai-chat-completions', 'anthropic-messages'] as const

/** The rule that a stop reason other than the planned one breaks. */
function stopRule(protocol: ProtocolName): RuleId {
  return protocol === 'anthropic-messages' ? 'A12' : 'I9'
}

/** The rule that a stop reason outside the protocol's list breaks. */
function listRule(protocol: ProtocolName): RuleId {
  return protocol === 'anthropic-messages' ? 'A7' : 'C3'
}

/** The stream with the stop reasons of chat completions and Anthropic replaced. */
function withStops(steps: readonly Step[], replacements: Readonly<Record<string, string>>): readonly Step[] {
  return mapEvents(steps, (step) =>
    step.role !== 'closing'
      ? step
      : withText(step, (text) =>
          text.replace(
            /("(?:finish_reason|stop_reason)":")(\w+)"/,
            (_, name, reason) => `${name}${replacements[reason] ?? reason}"`,
          ),
        ),
  )
}

/** The event with the stop reason: the first that closes a chat completion, the second that closes an Anthropic message. */
function finishOf({ steps, chunks, protocol }: Playing): Step | undefined {
  const closing = steps.filter((step) => step.do === 'event' && step.role === 'closing' && step.delta === chunks)
  return closing[protocol === 'anthropic-messages' ? 1 : 0]
}

/** Stop reasons that real providers send although the API reference does not list them, or not at that place. */
export const providerStopFaults = {
  'finish-empty': {
    ...whole,
    kind: 'harmless',
    describe: 'sends an empty stop reason in each chunk before the last',
    rows: [53],
    protocols: chat,
    direct: sees('whole'),
    apply: ({ steps }) => changeChoices(steps, (choice) => [{ ...choice, finish_reason: choice.finish_reason ?? '' }]),
  },
  'finish-only-empty': {
    ...whole,
    kind: 'unended',
    describe: 'sends an empty stop reason and no other',
    rows: [53],
    protocols: chat,
    direct: sees('masked_truncation'),
    apply: ({ steps }) => changeChoices(steps, (choice) => [{ ...choice, finish_reason: '' }]),
  },
  'foreign-stop': {
    ...whole,
    kind: 'form',
    describe: 'sends the stop reason in the words of another protocol (end_turn, stop)',
    rows: [54],
    protocols: withStop,
    direct: (protocol) => ({ outcome: 'stop_reason_differs', rule: listRule(protocol) }),
    apply: ({ steps }) => withStops(steps, { stop: 'end_turn', end_turn: 'stop' }),
  },
  'foreign-tool-stop': {
    ...whole,
    kind: 'form',
    content: 'tools',
    describe: 'sends the stop reason of a tool call in the words of another protocol (tool_use, tool_calls)',
    rows: [54],
    protocols: withStop,
    direct: (protocol) => ({ outcome: 'stop_reason_differs', rule: listRule(protocol) }),
    apply: ({ steps }) => withStops(steps, { tool_calls: 'tool_use', tool_use: 'tool_calls' }),
  },
  'late-text': {
    kind: 'form',
    isPlaced: true,
    content: 'plain',
    describe: 'sends the stop reason before the rest of the text',
    rows: [55],
    protocols: withStop,
    direct: (protocol) => ({ outcome: 'whole', rule: protocol === 'anthropic-messages' ? 'A6' : 'C3' }),
    apply: (playing) => {
      const { steps, at } = playing
      const finish = finishOf(playing)
      return steps.flatMap((step) => {
        if (step === finish || !finish) return []
        return isDelta(step, at) ? [finish, step] : [step]
      })
    },
  },
  'no-content': {
    ...whole,
    kind: 'content',
    describe: 'sends the stop reason and the usage of an answer, but no content',
    rows: [56],
    direct: sees('masked_truncation', 'I6'),
    apply: ({ steps }) => steps.filter((step) => !isDelta(step)),
  },
  'call-missing': {
    ...whole,
    kind: 'content',
    content: 'tools',
    describe: 'sends the stop reason for a tool call, but no tool call',
    rows: [56],
    protocols: withStop,
    direct: sees('tool_args_differ', 'I7'),
    apply: ({ steps, protocol }) =>
      protocol === 'openai-chat-completions'
        ? changeChoices(steps, (choice) => (fragmentOf(choice) ? [] : [choice]))
        : mapEvents(steps, (step) =>
            withText(step, (text) => (/"type":"content_block_\w+","index":[1-9]/.test(text) ? '' : text)),
          ),
  },
  'call-denied': {
    ...whole,
    kind: 'content',
    content: 'tools',
    describe: 'sends tool calls with the stop reason of a text answer',
    rows: [56],
    protocols: withStop,
    direct: (protocol) => ({ outcome: 'stop_reason_differs', rule: stopRule(protocol) }),
    apply: ({ steps }) => withStops(steps, { tool_calls: 'stop', tool_use: 'end_turn' }),
  },
  'finish-error': {
    kind: 'broken',
    isPlaced: true,
    describe: 'ends the text early with the stop reason error',
    rows: [57],
    protocols: chat,
    direct: sees('masked_truncation', 'C3'),
    apply: (playing) => [
      ...before(playing.steps, playing.at),
      ...changeChoices(
        playing.steps.filter((step) => step === finishOf(playing)),
        (choice) => [{ ...choice, finish_reason: 'error' }],
      ),
      body(frame(undefined, doneData)),
      end,
    ],
  },
  'error-with-finish': {
    kind: 'broken',
    isPlaced: true,
    describe: 'sends an error and the stop reason error in one chunk, as OpenRouter does',
    rows: [57],
    protocols: chat,
    direct: sees('inband_error'),
    apply: ({ steps, at, key }) => [
      ...before(steps, at),
      body(
        frame(
          undefined,
          JSON.stringify({
            id: `gen-${key.stream}`,
            object: 'chat.completion.chunk',
            created: 0,
            model: 'mock-model',
            error: { code: 502, message: 'injected fault: the provider disconnected' },
            choices: [{ index: 0, delta: { content: '' }, finish_reason: 'error' }],
          }),
        ),
      ),
      end,
    ],
  },
} as const satisfies Readonly<Record<string, Fault>>
