import { type Block, toolFrame } from '../plan/content.ts'
import type { PlanKey } from '../plan/key.ts'
import { stampedTexts } from '../plan/texts.ts'

/**
 * What each delta of an answer carries, stamped when it is asked for: a planned text, or, of a tool call, a part of the JSON of
 * its arguments, cut anywhere.
 */
export function fragmentsOf(
  key: Pick<PlanKey, 'seed' | 'stream' | 'content'>,
  blocks: readonly Block[],
  nowNs: () => number,
): Generator<string> {
  const texts = stampedTexts(key, blocks.at(-1)?.to ?? 0, nowNs)
  // A generator within another costs as much again for each delta.
  return blocks.some(({ kind }) => kind === 'tool') ? cutOf(texts, blocks) : texts
}

function* cutOf(texts: Generator<string>, blocks: readonly Block[]): Generator<string> {
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

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}
