import { type Block, toolOf } from '../plan/content.ts'
import { createResponsesWriter } from '../protocol/openai-responses.ts'
import { deltaWriter } from './delta-writer.ts'
import { answerId, atStarts, byBlock, callsBefore, createdS, type Dialect, type Head, type Script } from './dialect.ts'

/** How the mock writes OpenAI Responses. */
export const responsesDialect: Dialect = {
  script: responsesScript,
  answer: (head, texts) => responseOf(head, endStatus(head), itemsOf(head, texts)),
}

const numberMember = '"sequence_number":'

/** An event: `[type, members]`. */
type Event = readonly [type: string, members: object]

function responsesScript(head: Head): Script {
  const { blocks } = head
  const texts = blocks.map(() => '')
  let written = 0
  const write = (events: readonly Event[]) => {
    const writer = createResponsesWriter(written)
    written += events.length
    return events.map(([type, members]) => writer(type, members))
  }
  const response = responseOf(head, 'in_progress', [])
  const open = (at: number) => write(starts(head, at))
  const close = (at: number) => write(ends(head, at, texts[at] ?? ''))
  const opening = [
    ...write([
      ['response.created', { response }],
      ['response.in_progress', { response }],
    ]),
    ...blocks.slice(0, 1).flatMap(() => open(0)),
  ]
  const delta = byBlock(blocks, ({ kind }, at) => {
    const eventWithNumber0 = deltaWriter((delta) =>
      createResponsesWriter()(deltaTypes[kind], { ...placeOf(head, kind, at), delta }),
    )
    const numberAt = eventWithNumber0('').indexOf(numberMember) + numberMember.length
    return (text) => {
      texts[at] += text
      const event = eventWithNumber0(text)
      return event.slice(0, numberAt) + written++ + event.slice(numberAt + 1)
    }
  })
  return {
    opening,
    before: atStarts(blocks, (_, at) => [...close(at - 1), ...open(at)]),
    delta,
    closing: () => {
      const status = endStatus(head)
      const done: Event = [`response.${status}`, { response: responseOf(head, status, itemsOf(head, texts)) }]
      return [...close(blocks.length - 1), ...write([done])]
    },
  }
}

const deltaTypes: Readonly<Record<Block['kind'], string>> = {
  text: 'response.output_text.delta',
  thinking: 'response.reasoning_summary_text.delta',
  tool: 'response.function_call_arguments.delta',
}

function placeOf(head: Head, kind: Block['kind'], at: number): object {
  const place = { item_id: itemId(head, at), output_index: at }
  if (kind === 'tool') return place
  return kind === 'text' ? { ...place, content_index: 0 } : { ...place, summary_index: 0 }
}

function starts(head: Head, at: number): readonly Event[] {
  const { kind } = head.blocks[at] as Block
  const place = placeOf(head, kind, at)
  const added: Event = ['response.output_item.added', { output_index: at, item: itemOf(head, at, 'in_progress') }]
  if (kind === 'tool') return [added]
  const part = kind === 'text' ? 'response.content_part.added' : 'response.reasoning_summary_part.added'
  return [added, [part, { ...place, part: partOf(kind, '') }]]
}

function ends(head: Head, at: number, text: string): readonly Event[] {
  const { kind } = head.blocks[at] as Block
  const place = placeOf(head, kind, at)
  const done: Event = ['response.output_item.done', { output_index: at, item: itemOf(head, at, 'completed', text) }]
  if (kind === 'tool') return [['response.function_call_arguments.done', { ...place, arguments: text }], done]
  const [textDone, partDone] =
    kind === 'text'
      ? ['response.output_text.done', 'response.content_part.done']
      : ['response.reasoning_summary_text.done', 'response.reasoning_summary_part.done']
  return [[textDone, { ...place, text }], [partDone, { ...place, part: partOf(kind, text) }], done]
}

function itemsOf(head: Head, texts: readonly string[]): readonly object[] {
  return head.blocks.map((_, at) => itemOf(head, at, 'completed', texts[at] ?? ''))
}

function endStatus({ stop }: Head): 'completed' | 'incomplete' {
  return stop === 'max_tokens' || stop === 'refusal' ? 'incomplete' : 'completed'
}

function responseOf({ key, model, usage, stop }: Head, status: string, output: readonly object[]): object {
  const { inputTokens, outputTokens } = usage
  const tokens = {
    input_tokens: inputTokens,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: outputTokens,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: inputTokens + outputTokens,
  }
  const reason = stop === 'refusal' ? 'content_filter' : 'max_output_tokens'
  return {
    id: answerId('resp', key),
    object: 'response',
    created_at: createdS,
    status,
    error: null,
    incomplete_details: status === 'incomplete' ? { reason } : null,
    model,
    output,
    usage: status === 'in_progress' ? null : tokens,
  }
}

function itemId({ key }: Head, at: number): string {
  return `${answerId('msg', key)}${at === 0 ? '' : `-${at}`}`
}

function itemOf(head: Head, at: number, status: string, text?: string): object {
  const { kind } = head.blocks[at] as Block
  const id = itemId(head, at)
  const parts = text === undefined ? [] : [partOf(kind, text)]
  if (kind === 'text') return { id, type: 'message', status, role: 'assistant', content: parts }
  if (kind === 'thinking') return { id, type: 'reasoning', summary: parts }
  const { id: call_id, name } = toolOf(head.key, callsBefore(head.blocks, at))
  return { id, type: 'function_call', status, call_id, name, arguments: text ?? '' }
}

function partOf(kind: Block['kind'], text: string): object {
  return kind === 'text' ? { type: 'output_text', text, annotations: [] } : { type: 'summary_text', text }
}
