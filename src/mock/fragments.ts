import { type Block, toolFrame } from '../plan/content.ts'
import type { PlanKey } from '../plan/key.ts'
import { stampedTexts } from '../plan/texts.ts'
import { inJson } from './delta-writer.ts'

/**
 * The content of each delta of an answer, stamped when it is requested: a planned text, or an arbitrary part of the JSON of a
 * tool call's arguments.
 */
export function streamFragments(
  key: Pick<PlanKey, 'seed' | 'stream' | 'content'>,
  blocks: readonly Block[],
  nowNs: () => number,
): Generator<string> {
  const texts = stampedTexts(key, blocks.at(-1)?.to ?? 0, nowNs)
  // A nested generator doubles the cost of each delta, so it is only used for tool calls.
  return blocks.some(({ kind }) => kind === 'tool') ? cutToolCalls(texts, blocks) : texts
}

function* cutToolCalls(texts: Generator<string>, blocks: readonly Block[]): Generator<string> {
  for (const { kind, from, to } of blocks) {
    let kept: string = toolFrame.before
    for (let delta = from; delta < to; delta++) {
      const text = texts.next().value as string
      if (kind !== 'tool') yield text
      else if (delta === to - 1) yield kept + inJson(text) + toolFrame.after
      else {
        const all = kept + inJson(text)
        const cut = 1 + ((delta * 7) % (all.length - 1))
        kept = all.slice(cut)
        yield all.slice(0, cut)
      }
    }
  }
}
