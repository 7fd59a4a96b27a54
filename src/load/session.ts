import type { ContentKind } from '../model/content.ts'
import { blocksOf, toolOf } from '../plan/content.ts'
import { fillerText } from '../plan/filler.ts'
import { type PlanKey, planPrompt } from '../plan/key.ts'
import type { StreamSettings } from '../plan/mix.ts'
import { textsFrom } from '../plan/texts.ts'
import type { History, ToolResult, Turn } from '../protocol/history.ts'

/** Most text of the earlier turns of a session, in characters; then a new session starts. */
const mostCharacters = 4 * 2 ** 20

/** Most deltas of a block that an earlier answer is told with. */
const mostDeltas = 500

/** One stream of a session, as it is planned. */
export interface PlannedTurn {
  readonly key: PlanKey
  readonly content: ContentKind
  readonly settings: StreamSettings
}

/** What a stream sends: its prompt, and the conversation before it. */
export interface PlannedPrompt {
  readonly prompt: string
  /** Undefined for the first turn of a session. */
  readonly history: History | undefined
}

/**
 * The prompt of a stream that continues a session with these earlier streams. What a turn adds has the size of its prompt: tool results if
 * the answer before it called tools, the prompt itself otherwise. If the conversation has become too long, the stream is the first turn of
 * a new session.
 */
export function promptOf(current: PlannedTurn, earlier: readonly PlannedTurn[]): PlannedPrompt {
  const turns: Turn[] = []
  let calls: Turn['calls'] = []
  for (const turn of earlier) {
    const sent = sentBy(turn, calls)
    const answer = answerOf(turn)
    turns.push({ ...sent, ...answer })
    calls = answer.calls
  }
  const { prompt, results } = sentBy(current, calls)
  const size = turns.reduce((sum, turn) => sum + sizeOf(turn), 0)
  if (size > mostCharacters) return { prompt: sentBy(current, []).prompt, history: undefined }
  return { prompt, history: turns.length > 0 ? { turns, results } : undefined }
}

function sentBy({ key, settings }: PlannedTurn, calls: Turn['calls']): Pick<Turn, 'prompt' | 'results'> {
  const prompt = planPrompt(key)
  const size = Math.round((settings.promptKb ?? 0) * 1024)
  if (calls.length === 0) {
    const missing = size - prompt.length - 2
    return { prompt: missing > 0 ? `${prompt}\n\n${fillerText(key.seed, key.stream, missing)}` : prompt, results: [] }
  }
  // A tool returns something even if no size is planned.
  const each = Math.max(64, Math.floor(size / calls.length))
  const results = calls.map(({ id }, at): ToolResult => ({ id, text: fillerText(key.seed, key.stream + at, each) }))
  return { prompt, results }
}

/** The answer of a turn as a client keeps it: words without the marks of the plan. */
function answerOf({ key, content }: PlannedTurn): Pick<Turn, 'text' | 'calls'> {
  const blocks = blocksOf(content, key.chunks ?? 20)
  const wordsOf = (from: number, to: number) => {
    const texts = textsFrom({ ...key, content: 'plain' }, from)
    let words = ''
    for (; texts.delta < Math.min(to, from + mostDeltas); texts.advance()) words += `${texts.payload().trim()} `
    return words.trimEnd()
  }
  const tools = blocks.filter(({ kind }) => kind === 'tool')
  return {
    text: blocks
      .filter(({ kind }) => kind === 'text')
      .map(({ from, to }) => wordsOf(from, to))
      .join(''),
    calls: tools.map(({ from, to }, at) => ({ ...toolOf(key, at), text: wordsOf(from, to) })),
  }
}

function sizeOf({ results, prompt, text, calls }: Turn): number {
  return [...results, ...calls].reduce((sum, part) => sum + part.text.length, prompt.length + text.length)
}
