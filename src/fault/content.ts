import { type Fault, sees } from './fault.ts'
import { before, changeDelta, isDelta, mapEvents, type Step, withText } from './step.ts'

/** For plain text only: the deltas of a tool call are fragments of JSON. */
const placed = { kind: 'content', isPlaced: true, content: 'plain' } as const

/** Faults in the content of an answer, which only the plan can reveal. */
export const contentFaults = {
  'drop-delta': {
    ...placed,
    describe: 'omits one delta',
    rows: [36],
    direct: (_, at, chunks) =>
      at === chunks - 1 ? { outcome: 'masked_truncation', rule: 'I6' } : { outcome: 'text_missing', rule: 'I1' },
    apply: ({ steps, at }) => steps.filter((step) => !isDelta(step, at)),
  },
  'lost-tail': {
    ...placed,
    describe: 'omits all later deltas, then ends normally',
    rows: [18],
    direct: sees('masked_truncation', 'I6'),
    apply: ({ steps, at }) => steps.filter((step) => !isDelta(step) || step.delta < at),
  },
  'double-delta': {
    ...placed,
    describe: 'sends one delta twice',
    rows: [36],
    direct: sees('text_duplicated', 'I2'),
    apply: ({ steps, at }) => steps.flatMap((step): readonly Step[] => (isDelta(step, at) ? [step, step] : [step])),
  },
  'swap-deltas': {
    ...placed,
    describe: 'swaps two consecutive deltas',
    rows: [36],
    direct: sees('text_reordered', 'I3'),
    apply: ({ steps, at, chunks }) => swapped(steps, Math.min(at, chunks - 2)),
  },
  'flip-byte': {
    ...placed,
    describe: 'changes one byte of a text',
    rows: [36],
    direct: sees('text_corrupted', 'I4'),
    apply: ({ steps, at }) =>
      changeDelta(steps, at, (event) =>
        event.replace(/(~\d+\.\d+\.)(.)/, (_, head, digit) => `${head}${digit === '0' ? '1' : '0'}`),
      ),
  },
  'replace-character': {
    ...placed,
    describe: 'replaces a character with U+FFFD',
    rows: [19, 36],
    direct: sees('text_corrupted', 'I4'),
    apply: ({ steps, at }) => changeDelta(steps, at, (event) => event.replace(/(\.\d{6}.)./u, '$1\ufffd')),
  },
  'foreign-delta': {
    ...placed,
    describe: 'replaces one delta with one of another stream',
    rows: [37],
    direct: sees('cross_talk', 'I5'),
    apply: ({ steps, at, foreign }) =>
      mapEvents(steps, (step) =>
        isDelta(step, at) ? (foreign().find((candidate) => isDelta(candidate, at)) ?? step) : step,
      ),
  },
  'foreign-stream': {
    ...placed,
    describe: 'continues with the deltas of another stream',
    rows: [37],
    direct: sees('cross_talk', 'I5'),
    apply: ({ steps, at, foreign }) => {
      const others = foreign()
      return mapEvents(steps, (step) =>
        isDelta(step) && step.delta >= at ? (others.find((candidate) => isDelta(candidate, step.delta)) ?? step) : step,
      )
    },
  },
  'wrong-stop': {
    kind: 'content',
    isPlaced: false,
    describe: 'sends a stop reason other than the planned one',
    rows: [38],
    protocols: ['anthropic-messages', 'openai-chat-completions'],
    direct: (protocol) => ({
      outcome: 'stop_reason_differs',
      rule: protocol === 'anthropic-messages' ? 'A12' : 'I9',
    }),
    apply: ({ steps }) =>
      mapEvents(steps, (step) =>
        withText(step, (text) =>
          text
            .replace('"finish_reason":"stop"', '"finish_reason":"length"')
            .replace('"stop_reason":"end_turn"', '"stop_reason":"max_tokens"'),
        ),
      ),
  },
  'bad-tool-args': {
    kind: 'content',
    isPlaced: false,
    describe: 'truncates the JSON arguments of a tool call',
    rows: [41],
    content: 'tools',
    direct: sees('tool_args_differ', 'I7'),
    apply: ({ steps, chunks }) => changeDelta(steps, chunks - 1, (event) => event.replace('\\"}"', '\\""')),
  },
} as const satisfies Readonly<Record<string, Fault>>

/** The steps with delta `at` and the next one swapped, each with the events that belong to it. */
function swapped(steps: readonly Step[], at: number): readonly Step[] {
  const [first = 0, second = 0, rest = 0] = [before(steps, at), before(steps, at + 1), before(steps, at + 2)].map(
    ({ length }) => length,
  )
  return [...steps.slice(0, first), ...steps.slice(second, rest), ...steps.slice(first, second), ...steps.slice(rest)]
}
