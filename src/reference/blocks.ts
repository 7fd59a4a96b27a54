import type { ContentEvent } from './upstream-event.ts'

/** A content block of an answer: text, thinking, or a tool call. `index` counts from 0 as blocks are opened. */
export type Block =
  | { readonly kind: 'text' | 'thinking'; readonly index: number }
  | { readonly kind: 'tool'; readonly index: number; readonly id: string; readonly name: string }

/** Receives blocks one after another: each is opened, gets its pieces and is closed before the next one is opened. */
interface BlockSink {
  readonly open: (block: Block) => void
  readonly piece: (block: Block, text: string) => void
  readonly close: (block: Block) => void
}

/** Puts interleaved content into sequential blocks. */
interface BlockSequencer {
  readonly add: (event: ContentEvent) => void
  /** No more content follows: closes the open block and passes on all waiting blocks. */
  readonly finish: () => void
}

interface Lane {
  readonly key: string
  readonly block: (index: number) => Block
  readonly json: JsonScanner | undefined
  pieces: string[]
}

/**
 * Creates a sequencer. Chat completions may interleave fragments of parallel tool calls, while other protocols have one open
 * block at a time. The open block is passed on as it arrives, and blocks that start meanwhile wait until it is complete. A text
 * is complete when something else starts, and a tool call when its arguments are a complete object.
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
    // Otherwise the call is already closed: the rest is whitespace, or the reader rejects the arguments at the finish.
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
  return lane.json?.isComplete() ?? true
}

/** Finds the end of a JSON value that arrives in pieces, in linear time. */
interface JsonScanner {
  readonly push: (text: string) => void
  /** Whether an object or array is complete, or the scanner is closed. */
  readonly isComplete: () => boolean
  /** No more text follows. */
  readonly close: () => void
}

/** Creates a scanner, which does not validate the JSON. */
export function createJsonScanner(): JsonScanner {
  let depth = 0
  let isInString = false
  let isEscaped = false
  let isComplete = false

  function push(text: string): void {
    for (let i = 0; i < text.length && !isComplete; i++) {
      const char = text[i]
      if (isEscaped) isEscaped = false
      else if (isInString) {
        if (char === '\\') isEscaped = true
        else if (char === '"') isInString = false
      } else if (char === '"') isInString = true
      else if (char === '{' || char === '[') depth++
      else if ((char === '}' || char === ']') && --depth <= 0) isComplete = true
    }
  }

  return {
    push,
    isComplete: () => isComplete,
    close: () => {
      isComplete = true
    },
  }
}
