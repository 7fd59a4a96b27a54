import { createRandom, mixSeed } from '../base/random.ts'
import { type ContentChoice, type ContentKind, contentKinds } from '../model/content.ts'
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
  thinking: 'end_turn',
  length: 'max_tokens',
  refusal: 'refusal',
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
      : content === 'tools'
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
