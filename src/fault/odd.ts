import { frame } from '../protocol/protocol.ts'
import { type Fault, sees } from './fault.ts'
import { body, isDelta, mapEvents, withText } from './step.ts'

const common = { kind: 'harmless', isPlaced: false, rows: [39] } as const
const chat = ['openai-chat-completions'] as const

const filterResults = {
  id: '',
  object: 'chat.completion.chunk',
  created: 0,
  model: '',
  choices: [],
  prompt_filter_results: [],
}
/** Characters of padding: 1 MiB. */
const hugeChars = 1024 * 1024

/** What real providers send although no API reference documents it. */
export const oddFaults = {
  'no-choices-first': {
    ...common,
    describe: 'starts with a chunk without choices, as Azure does',
    protocols: chat,
    direct: sees('whole'),
    apply: ({ steps }) => [
      ...steps.slice(0, 1),
      body(frame(undefined, JSON.stringify(filterResults))),
      ...steps.slice(1),
    ],
  },
  'no-created': {
    ...common,
    describe: 'omits `created`',
    protocols: chat,
    direct: sees('whole'),
    apply: ({ steps }) => mapEvents(steps, (step) => withText(step, (text) => text.replace(/"created":\d+,/, ''))),
  },
  'changing-id': {
    ...common,
    kind: 'form',
    describe: 'changes the id in each chunk',
    protocols: chat,
    direct: sees('whole', 'C1'),
    apply: ({ steps }) =>
      mapEvents(steps, (step) =>
        isDelta(step) ? withText(step, (text) => text.replace('"id":"', `"id":"${step.delta}-`)) : step,
      ),
  },
  'huge-delta': {
    ...common,
    describe: 'adds 1 MiB of padding to the event of one delta',
    isPlaced: true,
    direct: sees('whole'),
    apply: ({ steps, at }) =>
      mapEvents(steps, (step) =>
        isDelta(step, at)
          ? withText(step, (text) => text.replace(/\}\n\n$/, `,"padding":"${'x'.repeat(hugeChars)}"}\n\n`))
          : step,
      ),
  },
  'empty-deltas': {
    ...common,
    describe: 'sends an empty delta before each delta',
    content: 'plain',
    protocols: ['anthropic-messages', 'openai-chat-completions'],
    direct: sees('whole'),
    apply: ({ steps }) =>
      mapEvents(steps, (step) =>
        // Linear: an event of the mock is complete JSON, so that each quote is closed.
        isDelta(step) ? withText(step, (text) => `${text.replace(/"~(?:[^"\\]|\\.)*"/, '""')}${text}`) : step,
      ),
  },
} as const satisfies Readonly<Record<string, Fault>>
