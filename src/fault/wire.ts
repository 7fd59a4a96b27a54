import { type Fault, sees } from './fault.ts'
import { body, type EventStep, mapEvents, type Step, withText } from './step.ts'

const common = { kind: 'harmless', isPlaced: false, rows: [33], direct: sees('whole') } as const

/** The steps with the text of each event changed. */
function withTexts(steps: readonly Step[], change: (text: string, index: number) => string): readonly Step[] {
  let index = 0
  return mapEvents(steps, (step) => {
    const at = index++
    return withText(step, (text) => change(text, at))
  })
}

const lineEnds = ['\r\n', '\r', '\n']

/** Variations that every receiver must accept: the same stream in other bytes, or split elsewhere. */
export const wireFaults = {
  slice: {
    ...common,
    describe: 'sends each byte in a separate write',
    apply: ({ steps }) => mapEvents(steps, (step) => ({ ...step, byteGapMs: 0 })),
  },
  crlf: {
    ...common,
    describe: 'ends lines with CR LF',
    apply: ({ steps }) => withTexts(steps, (text) => text.replaceAll('\n', '\r\n')),
  },
  cr: {
    ...common,
    describe: 'ends lines with CR',
    apply: ({ steps }) => withTexts(steps, (text) => text.replaceAll('\n', '\r')),
  },
  'mixed-lines': {
    ...common,
    describe: 'alternates CR LF, CR and LF as line ends',
    apply: ({ steps }) =>
      withTexts(steps, (text, at) => text.replaceAll('\n', lineEnds[at % lineEnds.length] as string)),
  },
  bom: {
    ...common,
    describe: 'starts with a byte order mark',
    apply: ({ steps }) => withTexts(steps, (text, at) => (at === 0 ? `\ufeff${text}` : text)),
  },
  comments: {
    ...common,
    describe: 'sends a comment before each event',
    apply: ({ steps }) => withTexts(steps, (text) => `: still here\n\n${text}`),
  },
  coalesce: {
    ...common,
    rows: [34],
    describe: 'sends all events in one write',
    apply: ({ steps }) => {
      const events = steps.filter((step): step is EventStep => step.do === 'event')
      const all = body(() => events.map(({ text }) => text()).join(''))
      return steps.flatMap((step) => (step.do !== 'event' ? [step] : step === events[0] ? [all] : []))
    },
  },
} as const satisfies Readonly<Record<string, Fault>>
