import { type Fault, sees } from './fault.ts'
import { before, changeDelta, isDelta, mapEvents, type Step, withText } from './step.ts'

/** Of plain text, as deltas of a tool call are parts of JSON. */
const placed = { kind: 'content', isPlaced: true, content: 'plain' } as const

/** Faults in what an answer says; only who knows the plan can see them. */
export const contentFaults = {
  'drop-delta': {
    ...placed,
    describe: 'leaves a delta out',
    rows: [36],
    direct: (_, at, chunks) =>
      at === chunks - 1 ? { outcome: 'masked_truncation', rule: 'I6' } : { outcome: 'text_missing', rule: 'I1' },
    apply: ({ steps, at }) => steps.filter((step) => !isDelta(step, at)),
  },
  'lost-tail': {
    ...placed,
    describe: 'leaves out all deltas from there on, and ends as if it were whole',
    rows: [18],
    direct: sees('masked_truncation', 'I6'),
    apply: ({ steps, at }) => steps.filter((step) => !isDelta(step) || step.delta < at),
  },
  'double-delta': {
    ...placed,
    describe: 'sends a delta twice',
    rows: [36],
    direct: sees('text_duplicated', 'I2'),
    apply: ({ steps, at }) => steps.flatMap((step): readonly Step[] => (isDelta(step, at) ? [step, step] : [step])),
  },
  'swap-deltas': {
    ...placed,
    describe: 'sends a delta after the next',
    rows: [36],
    direct: sees('text_reordered', 'I3'),
    apply: ({ steps, at, chunks }) => swapped(steps, Math.min(at, chunks - 2)),
  },
  'flip-byte': {
    ...placed,
    describe: 'changes a byte of a text',
    rows: [36],
    direct: sees('text_corrupted', 'I4'),
    apply: ({ steps, at }) =>
      changeDelta(steps, at, (event) =>
        event.replace(/(~\d+\.\d+\.)(.)/, (_, head, digit) => `${head}${digit === '0' ? '1' : '0'}`),
      ),
  },
  'replace-character': {
    ...placed,
    describe: 'has the replacement character in the place of another',
    rows: [19, 36],
    direct: sees('text_corrupted', 'I4'),
    apply: ({ steps, at }) => changeDelta(steps, at, (event) => event.replace(/(\.\d{6}.)./u, '$1\ufffd')),
  },
  'foreign-delta': {
    ...placed,
    describe: "has another stream's delta in the place of its own",
    rows: [37],
    direct: sees('cross_talk', 'I5'),
    apply: ({ steps, at, foreign }) =>
      mapEvents(steps, (step) => (isDelta(step, at) ? (foreign().find((other) => isDelta(other, at)) ?? step) : step)),
  },
  'foreign-stream': {
    ...placed,
    describe: 'goes on as another stream',
    rows: [37],
    direct: sees('cross_talk', 'I5'),
    apply: ({ steps, at, foreign }) => {
      const others = foreign()
      return mapEvents(steps, (step) =>
        isDelta(step) && step.delta >= at ? (others.find((other) => isDelta(other, step.delta)) ?? step) : step,
      )
    },
  },
  'wrong-stop': {
    kind: 'content',
    isPlaced: false,
    describe: 'says another reason to stop than the planned one',
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
    describe: 'ends the arguments of a tool call before their JSON does',
    rows: [41],
    content: 'tools',
    direct: sees('tool_args_differ', 'I7'),
    apply: ({ steps, chunks }) => changeDelta(steps, chunks - 1, (event) => event.replace('\\"}"', '\\""')),
  },
} as const satisfies Readonly<Record<string, Fault>>

/** The steps with what belongs to delta `at` after that of the next. */
function swapped(steps: readonly Step[], at: number): readonly Step[] {
  const [first = 0, second = 0, rest = 0] = [before(steps, at), before(steps, at + 1), before(steps, at + 2)].map(
    ({ length }) => length,
  )
  return [...steps.slice(0, first), ...steps.slice(second, rest), ...steps.slice(first, second), ...steps.slice(rest)]
}
