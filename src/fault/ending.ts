import { doneData } from '../protocol/openai-chat-completions.ts'
import { frame } from '../protocol/protocol.ts'
import { type Fault, type Playing, sees } from './fault.ts'
import { body, type EventStep, fin, mapEvents, raw, type Step, willClose, withText } from './step.ts'

const common = { isPlaced: false } as const
const chat = ['openai-chat-completions'] as const

/** The last event of the stream. */
function terminalOf(steps: readonly Step[]): EventStep {
  return steps.findLast((step): step is EventStep => step.do === 'event') as EventStep
}

/** The stream with its last event replaced. */
function endingWith({ steps }: Playing, ending: (terminal: EventStep) => readonly Step[]): readonly Step[] {
  const terminal = terminalOf(steps)
  return steps.flatMap((step) => (step === terminal ? ending(terminal) : [step]))
}

/** Faults in the ending of a stream that has all of its content. */
export const endingFaults = {
  'no-done': {
    ...common,
    describe: 'omits the terminal event',
    rows: [22],
    kind: 'finished',
    direct: (protocol) => ({ outcome: protocol === 'openai-responses' ? 'truncated_clean_eof' : 'missing_done' }),
    apply: (playing) => endingWith(playing, () => []),
  },
  'no-finish': {
    ...common,
    describe: 'omits the stop reason',
    rows: [23],
    kind: 'unended',
    protocols: ['anthropic-messages', 'openai-chat-completions'],
    direct: sees('masked_truncation'),
    apply: ({ steps }) =>
      mapEvents(steps, (step) =>
        step.role === 'closing' && /"finish_reason":"|"message_delta"/.test(step.text()) ? undefined : step,
      ),
  },
  'done-x': {
    ...common,
    describe: 'sends [DONE]x instead of [DONE]',
    rows: [24],
    kind: 'finished',
    protocols: chat,
    direct: sees('json_malformed', 'C1'),
    apply: (playing) => endingWith(playing, () => [body(frame(undefined, `${doneData}x`))]),
  },
  'done-lines': {
    ...common,
    describe: 'splits [DONE] over two data lines',
    rows: [24],
    kind: 'finished',
    protocols: chat,
    direct: sees('json_malformed', 'C5'),
    apply: (playing) => endingWith(playing, () => [body(`data: ${doneData}\ndata: \n\n`)]),
  },
  'done-twice': {
    ...common,
    describe: 'sends the terminal event twice',
    rows: [24],
    kind: 'form',
    direct: sees('duplicate_terminal'),
    apply: (playing) => endingWith(playing, (terminal) => [terminal, terminal]),
  },
  'data-after-done': {
    ...common,
    describe: 'sends a delta after the terminal event',
    rows: [25],
    kind: 'form',
    direct: sees('data_after_terminal'),
    apply: (playing) => {
      const delta = playing.steps.find((step) => step.do === 'event' && step.role === 'delta') as EventStep
      return endingWith(playing, (terminal) => [terminal, delta])
    },
  },
  'garbage-after-end': {
    ...common,
    describe: 'sends bytes after the end of the response',
    rows: [25],
    kind: 'form',
    direct: sees('http_trailing_garbage'),
    apply: ({ steps }) =>
      steps.flatMap((step): readonly Step[] => {
        if (step.do === 'head') return [{ ...step, headers: { ...step.headers, ...willClose } }]
        return step.do === 'end' ? [raw('0\r\n\r\nHTTP/1.1 garbage'), fin] : [step]
      }),
  },
  'no-blank-line': {
    ...common,
    describe: 'omits the blank line after the last event',
    rows: [26],
    kind: 'finished',
    direct: sees('unterminated_final_event'),
    apply: (playing) => endingWith(playing, (terminal) => [withText(terminal, (text) => text.replace(/\n\n$/, '\n'))]),
  },
} as const satisfies Readonly<Record<string, Fault>>
