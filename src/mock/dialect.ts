import { type Block, blocksOf, type PlannedUsage, type StopReason, stopOf, usageOf } from '../plan/content.ts'
import type { PlanKey } from '../plan/key.ts'

/** What an answer is written from, whatever its protocol. */
export interface Head {
  readonly key: Pick<PlanKey, 'seed' | 'stream' | 'content'>
  readonly model: string
  /** Its parts; the last one's end is the number of deltas. */
  readonly blocks: readonly Block[]
  readonly stop: StopReason
  readonly usage: PlannedUsage
  /** Whether a chat completion's stream has to say its usage. */
  readonly includeUsage: boolean
}

/** What a head is made of. `promptTokens` absent: the plan says them. */
export interface Heading {
  readonly key: Head['key']
  readonly model: string
  readonly chunks: number
  readonly includeUsage: boolean
  readonly promptTokens?: number
}

/** Makes the head of an answer of `chunks` deltas. */
export function headOf({ key, model, chunks, includeUsage, promptTokens }: Heading): Head {
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

/** The events of one stream as SSE text: what comes before the deltas, each delta, and what comes after them. */
export interface Script {
  readonly opening: readonly string[]
  /** Events that close one part and open the next before a delta; most have none. */
  readonly before: (delta: number) => readonly string[]
  /** Called once for each delta, in order, with its fragment of the answer. */
  readonly delta: (fragment: string, delta: number) => string
  readonly closing: () => readonly string[]
}

/** How one protocol tells an answer: as a stream, or whole in one body, of which `texts` are the parts. */
export interface Dialect {
  readonly script: (head: Head) => Script
  readonly answer: (head: Head, texts: readonly string[]) => object
}

/** The events before a delta, where only the first of each part has some. */
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

/** The writer of each delta's event, made anew for each part. */
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

/** How many tool calls come before a part. */
export function callsBefore(blocks: readonly Block[], at: number): number {
  return blocks.slice(0, at).filter(({ kind }) => kind === 'tool').length
}

/** When each answer was made, in s since 1970: always the same, so that the same seed gives the same bytes. */
export const createdS = 1_700_000_000

/** What tells an answer's id from another plan's; the same plan has the same. */
export function idOf(prefix: string, { seed, stream }: Head['key']): string {
  return `${prefix}-${seed}-${stream}`
}
