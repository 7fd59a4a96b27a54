import { type Block, toolFrame } from '../plan/content.ts'
import type { TextKey } from '../plan/key.ts'
import { stampedTexts } from '../plan/texts.ts'
import { inJson } from './delta-writer.ts'

/**
 * The content of each delta of an answer, stamped when it is requested: a planned text, or an arbitrary part of the JSON of a
 * tool call's arguments. `blockAt` returns the block of each delta if the tool calls alternate.
 */
export function streamFragments(
  key: TextKey,
  blocks: readonly Block[],
  nowNs: () => number,
  blockAt?: (delta: number) => number,
): Generator<string> {
  const to = blocks.at(-1)?.to ?? 0
  // A nested generator doubles the cost of each delta, so it is only used for tool calls.
  if (!blocks.some(({ kind }) => kind === 'tool')) return stampedTexts(key, to, nowNs)
  const perBlock = blocks.map((block) => blockFragments(block, stampedTexts(key, block.to, nowNs, block.from)))
  return blockAt ? inTurns(perBlock, to, blockAt) : inSequence(perBlock)
}

function* inSequence(perBlock: readonly Generator<string>[]): Generator<string> {
  for (const fragments of perBlock) yield* fragments
}

function* inTurns(
  perBlock: readonly Generator<string>[],
  to: number,
  blockAt: (delta: number) => number,
): Generator<string> {
  for (let delta = 0; delta < to; delta++) yield perBlock[blockAt(delta)]?.next().value as string
}

/** The texts of a block; those of a tool call as arbitrary parts of its arguments. */
function* blockFragments({ kind, from, to }: Block, texts: Generator<string>): Generator<string> {
  if (kind !== 'tool') {
    yield* texts
    return
  }
  let kept: string = toolFrame.before
  for (let delta = from; delta < to; delta++) {
    const text = texts.next().value as string
    if (delta === to - 1) yield kept + inJson(text) + toolFrame.after
    else {
      const all = kept + inJson(text)
      const cut = 1 + ((delta * 7) % (all.length - 1))
      kept = all.slice(cut)
      yield all.slice(0, cut)
    }
  }
}
