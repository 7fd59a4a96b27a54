import { createRandom, mixSeed } from '../base/random.ts'
import { type ContentChoice, type ContentKind, contentKinds } from '../model/content.ts'
import type { ProtocolName } from '../model/protocol-name.ts'
import { completedWithCall } from '../protocol/openai-responses.ts'
import type { PlanKey } from './key.ts'

/** The kind of content of one stream: a pure function of seed and stream. */
export function contentOf(choice: ContentChoice, seed: number, stream: number): ContentKind {
  if (choice !== 'mixed' && choice !== 'all') return choice
  const drawn = createRandom(mixSeed(stream, seed))()
  if (choice === 'mixed') return drawn % 8 === 0 ? 'awkward' : 'plain'
  return contentKinds[drawn % contentKinds.length] as ContentKind
}

/** Why an answer ends, by its Anthropic name. */
export type StopReason = 'end_turn' | 'max_tokens' | 'tool_use' | 'refusal'

/** The stop reason of an answer with each kind of content. */
export const stopOf: Readonly<Record<ContentKind, StopReason>> = {
  plain: 'end_turn',
  awkward: 'end_turn',
  tools: 'tool_use',
  parallel: 'tool_use',
  thinking: 'end_turn',
  length: 'max_tokens',
  refusal: 'refusal',
}

/** Whether an answer with this kind of content calls tools, which its request must offer. */
export function callsTools(content: ContentKind): boolean {
  return stopOf[content] === 'tool_use'
}

/**
 * The stop reasons as each protocol writes them. A Responses stream has a status instead, and the reason if it is incomplete;
 * its reading adds whether the output has a function call.
 */
export const stopNames: Readonly<Record<ProtocolName, Readonly<Record<StopReason, string>>>> = {
  'anthropic-messages': {
    end_turn: 'end_turn',
    max_tokens: 'max_tokens',
    tool_use: 'tool_use',
    refusal: 'refusal',
  },
  'openai-chat-completions': {
    end_turn: 'stop',
    max_tokens: 'length',
    tool_use: 'tool_calls',
    refusal: 'content_filter',
  },
  'openai-responses': {
    end_turn: 'completed',
    max_tokens: 'max_output_tokens',
    tool_use: completedWithCall,
    refusal: 'content_filter',
  },
}

/** A part of an answer: deltas `from` to below `to`. The arguments of a tool call are `{"text":"..."}` around its texts. */
export interface Block {
  readonly kind: 'text' | 'thinking' | 'tool'
  readonly from: number
  readonly to: number
}

/** The parts of an answer of `chunks` deltas, in order; none is empty. */
export function blocksOf(content: ContentKind, chunks: number): readonly Block[] {
  const third = Math.floor(chunks / 3)
  const cuts: readonly (readonly [Block['kind'], number])[] =
    content === 'thinking'
      ? [
          ['thinking', third],
          ['text', chunks],
        ]
      : callsTools(content)
        ? [
            ['text', third],
            ['tool', 2 * third],
            ['tool', chunks],
          ]
        : [['text', chunks]]
  let from = 0
  return cuts.flatMap(([kind, to]) => {
    const block = { kind, from, to }
    from = to
    return block.from < to ? [block] : []
  })
}

/**
 * The block of each delta if the tool calls are parallel: their deltas take turns. Undefined if the answer does not have two
 * tool calls.
 */
export function turnsOf(blocks: readonly Block[]): ((delta: number) => number) | undefined {
  const first = blocks.findIndex(({ kind }) => kind === 'tool')
  const [call, nextCall] = [blocks[first], blocks[first + 1]]
  if (call?.kind !== 'tool' || nextCall?.kind !== 'tool') return undefined
  const [length, nextLength] = [call.to - call.from, nextCall.to - nextCall.from]
  const shared = 2 * Math.min(length, nextLength)
  return (delta) => {
    const turn = delta - call.from
    if (turn < 0) return first - 1
    if (turn < shared) return first + (turn % 2)
    return length > nextLength ? first : first + 1
  }
}

/** The name and id of a tool call. `call` is its number within the answer, from 0. */
export function toolOf({ seed, stream }: Pick<PlanKey, 'seed' | 'stream'>, call: number) {
  return { name: toolNames[call % toolNames.length] as string, id: `call_${seed}_${stream}_${call}` }
}

/** Tools that an answer may call; each has one argument, `text`. */
export const toolNames = ['record_note', 'send_report'] as const

/** What precedes and follows the texts in the arguments of a tool call. */
export const toolFrame = { before: '{"text":"', after: '"}' } as const

/** The token counts that an answer reports. */
export interface PlannedUsage {
  readonly inputTokens: number
  readonly outputTokens: number
}

/** The usage of a planned answer. */
export function usageOf({ seed, stream }: Pick<PlanKey, 'seed' | 'stream'>, chunks: number): PlannedUsage {
  return { inputTokens: 16 + (mixSeed(stream, seed) % 1000), outputTokens: chunks }
}
