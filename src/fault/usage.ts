import type { ProtocolName } from '../model/protocol-name.ts'
import { type Fault, type SeenDirect, sees } from './fault.ts'
import { mapEvents, type Step, withText } from './step.ts'

const common = { kind: 'form', isPlaced: false, rows: [40] } as const

function usageSeen(protocol: ProtocolName): SeenDirect {
  return { outcome: 'whole', rule: protocol === 'anthropic-messages' ? 'A13' : 'I8' }
}

/** The stream with its reported output tokens changed. */
function withOutputTokens(steps: readonly Step[], tokens: (planned: number) => number): readonly Step[] {
  return mapEvents(steps, (step) =>
    step.role !== 'closing'
      ? step
      : withText(step, (text) =>
          text.replace(/("(?:completion|output)_tokens":)(\d+)/, (_, name, count) => `${name}${tokens(Number(count))}`),
        ),
  )
}

/** Faults in the usage that a stream reports. */
export const usageFaults = {
  'no-usage': {
    ...common,
    describe: 'omits usage',
    hidesUsage: true,
    direct: (protocol) => (protocol === 'anthropic-messages' ? { outcome: 'whole', rule: 'A7' } : { outcome: 'whole' }),
    apply: ({ steps }) =>
      mapEvents(steps, (step) => {
        if (step.role !== 'closing') return step
        return withText(step, (text) => {
          if (text.includes('"choices":[],"usage"')) return ''
          return (
            text
              // Linear: an event of the mock has one usage.
              .replace(/"usage":\{"input_tokens".*\}(?=\}\}\n)/, '"usage":null')
              .replace(/,"usage":\{"output_tokens":\d+\}/, '')
          )
        })
      }),
  },
  'zero-usage': {
    ...common,
    describe: 'reports a usage of 0 tokens',
    direct: usageSeen,
    apply: ({ steps }) => withOutputTokens(steps, () => 0),
  },
  'double-usage': {
    ...common,
    describe: 'reports twice the tokens used',
    direct: usageSeen,
    apply: ({ steps }) => withOutputTokens(steps, (planned) => 2 * planned),
  },
  'early-usage': {
    ...common,
    describe: 'reports usage with the first delta',
    protocols: ['openai-chat-completions'],
    direct: sees('whole', 'C4'),
    apply: ({ steps, chunks }) => {
      const usage = { prompt_tokens: 1, completion_tokens: chunks, total_tokens: chunks + 1 }
      return mapEvents(steps, (step) =>
        step.role === 'delta' && step.delta === 0
          ? withText(step, (text) => text.replace(/\}\n\n$/, `,"usage":${JSON.stringify(usage)}}\n\n`))
          : step,
      )
    },
  },
} as const satisfies Readonly<Record<string, Fault>>
