import { type Block, blocksOf, type PlannedUsage, type StopReason, stopOf, usageOf } from '../plan/content.ts'
import type { TextKey } from '../plan/key.ts'

/** The data that an answer is written from, in any protocol. */
export interface Head {
  readonly key: TextKey
  readonly model: string
  /** The content blocks; the end of the last one is the number of deltas. */
  readonly blocks: readonly Block[]
  readonly stop: StopReason
  readonly usage: PlannedUsage
  /** Whether a chat completion's stream must contain its usage. */
  readonly includeUsage: boolean
}

/** The parameters of an answer. `promptTokens` overrides the plan's input tokens. */
interface AnswerParameters {
  readonly key: Head['key']
  readonly model: string
  readonly chunks: number
  readonly includeUsage: boolean
  readonly promptTokens?: number
}

/** Creates the head of an answer with `chunks` deltas. */
export function answerHead({ key, model, chunks, includeUsage, promptTokens }: AnswerParameters): Head {
  const { content = 'plain' } = key
  const planned = usageOf(key, chunks)
  return {
    key,
    model,
    blocks: blocksOf(content, chunks),
    stop: stopOf[content],
    usage: { ...planned, inputTokens: promptTokens ?? planned.inputTokens },
    includeUsage,
  }
}

/** The events of one stream as SSE text: before the deltas, each delta, and after them. */
export interface Script {
  readonly opening: readonly string[]
  /** Events before a delta that close one block and open the next; usually none. */
  readonly before: (delta: number) => readonly string[]
  /** Called once for each delta, in order, with its fragment of the answer. */
  readonly delta: (fragment: string, delta: number) => string
  readonly closing: () => readonly string[]
  /** The block of each delta, if the fragments of parallel tool calls alternate; absent: one block after another. */
  readonly blockAt?: (delta: number) => number
}

/** How one protocol writes an answer: as a stream, or as one body with the text of each block. */
export interface Dialect {
  readonly script: (head: Head) => Script
  readonly answer: (head: Head, texts: readonly string[]) => object
}

/** Events before the first delta of each block. */
export function atStarts(
  blocks: readonly Block[],
  events: (block: Block, at: number) => readonly string[],
): Script['before'] {
  const none: readonly string[] = []
  if (blocks.length < 2) return () => none
  return (delta) => {
    const at = delta === 0 ? -1 : blocks.findIndex(({ from }) => from === delta)
    const block = blocks[at]
    return block ? events(block, at) : none
  }
}

/** Writes each delta's event, with a new writer for each block. */
export function byBlock(
  blocks: readonly Block[],
  writer: (block: Block, at: number) => (fragment: string) => string,
): Script['delta'] {
  let at = -1
  let end = 0
  let write: (fragment: string) => string = String
  return (fragment, delta) => {
    while (delta >= end && at < blocks.length - 1) {
      const block = blocks[++at] as Block
      end = block.to
      write = writer(block, at)
    }
    return write(fragment)
  }
}

/** Writes each delta's event if the tool calls are parallel, with a writer for each block, and the events that open a block. */
export function byTurns(
  blocks: readonly Block[],
  blockAt: (delta: number) => number,
  start: (block: Block, at: number) => readonly string[],
  writer: (block: Block, at: number) => (fragment: string) => string,
): Pick<Script, 'before' | 'delta'> {
  const writers = blocks.map(writer)
  let opened = 0
  return {
    before: (delta) => {
      const at = blockAt(delta)
      if (at <= opened) return []
      opened = at
      return start(blocks[at] as Block, at)
    },
    delta: (fragment, delta) => writers[blockAt(delta)]?.(fragment) ?? '',
  }
}

/** The number of tool calls before a block. */
export function callsBefore(blocks: readonly Block[], at: number): number {
  return blocks.slice(0, at).filter(({ kind }) => kind === 'tool').length
}

/** The creation time of every answer, in s since 1970: constant, so that the same seed gives the same bytes. */
export const createdS = 1_700_000_000

/** The id of an answer; the same plan always has the same id. */
export function answerId(prefix: string, { seed, stream }: Head['key']): string {
  return `${prefix}-${seed}-${stream}`
}
