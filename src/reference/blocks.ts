import { createJsonScanner, type JsonScanner } from './json-scanner.ts'
import type { ContentEvent } from './upstream-event.ts'

/** One piece of an answer: a text, a thought, or a tool call. `index` counts from 0 in the order in which they are opened. */
export type Block =
  | { readonly kind: 'text' | 'thinking'; readonly index: number }
  | { readonly kind: 'tool'; readonly index: number; readonly id: string; readonly name: string }

/** Takes blocks one after the other: each is opened, gets its pieces and is closed before the next is opened. */
export interface BlockSink {
  readonly open: (block: Block) => void
  readonly piece: (block: Block, text: string) => void
  readonly close: (block: Block) => void
}

/** Sorts what an upstream interleaves. */
export interface BlockSequencer {
  readonly add: (event: ContentEvent) => void
  /** Nothing more comes: closes the open block, and passes on all that waited for it. */
  readonly finish: () => void
}

interface Lane {
  readonly key: string
  readonly block: (index: number) => Block
  readonly json: JsonScanner | undefined
  pieces: string[]
}

/**
 * Makes a sequencer. Chat completions may interleave fragments of parallel tool calls, while the other protocols have one block
 * open at a time: a block is passed on as it comes, the ones begun meanwhile wait until it can have no more. A text is over when
 * something else begins, a tool call when its arguments are a whole object (which is so long before the finish, where calls come in turn).
 */
export function createBlockSequencer(sink: BlockSink): BlockSequencer {
  const waiting: Lane[] = []
  const begun = new Map<number, Lane>()
  let open: { readonly lane: Lane; readonly block: Block } | undefined
  let next = 0

  function advance(): void {
    while (waiting.length > 0 && (!open || isOver(open.lane))) {
      if (open) sink.close(open.block)
      const lane = waiting.shift() as Lane
      open = { lane, block: lane.block(next++) }
      sink.open(open.block)
      if (lane.pieces.length > 0) sink.piece(open.block, lane.pieces.join(''))
      lane.pieces = []
    }
  }

  function piece(lane: Lane, text: string): void {
    lane.json?.push(text)
    if (open?.lane === lane) sink.piece(open.block, text)
    else if (waiting.includes(lane)) lane.pieces.push(text)
    // Else the call was closed as whole: what follows it is white space, or else the reader finds the arguments broken at the finish.
    if (waiting.length > 0) advance()
  }

  function last(): Lane | undefined {
    return waiting.at(-1) ?? open?.lane
  }

  function add(event: ContentEvent): void {
    switch (event.kind) {
      case 'text':
      case 'thinking': {
        const { kind, text } = event
        let lane = last()
        if (lane?.key !== kind) {
          lane = { key: kind, block: (index) => ({ kind, index }), json: undefined, pieces: [] }
          waiting.push(lane)
          advance()
        }
        piece(lane, text)
        return
      }
      case 'tool-start': {
        const { id, name } = event
        const lane: Lane = {
          key: 'tool',
          block: (index) => ({ kind: 'tool', index, id, name }),
          json: createJsonScanner(),
          pieces: [],
        }
        begun.set(event.tool, lane)
        waiting.push(lane)
        advance()
        return
      }
      case 'tool-arguments': {
        const lane = begun.get(event.tool)
        if (lane) piece(lane, event.json)
        return
      }
      default:
        event satisfies never
    }
  }

  function finish(): void {
    begun.clear()
    for (const lane of waiting) lane.json?.close()
    open?.lane.json?.close()
    advance()
    if (open) sink.close(open.block)
    open = undefined
  }

  return { add, finish }
}

function isOver(lane: Lane): boolean {
  return lane.json?.isWhole() ?? true
}
