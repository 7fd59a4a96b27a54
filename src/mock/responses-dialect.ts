import { createResponsesWriter } from '../protocol/openai-responses.ts'
import { aroundText } from './around-text.ts'
import { createdS, type Dialect, type Head, idOf, type Script } from './dialect.ts'

/** OpenAI Responses as the mock tells them. */
export const responsesDialect: Dialect = {
  script: responsesScript,
  answer: (head, text) => responseOf(head, 'completed', [itemOf(head, 'completed', text)]),
}

const numberMember = '"sequence_number":'

function responsesScript(head: Head): Script {
  const write = createResponsesWriter()
  const response = responseOf(head, 'in_progress', [])
  const place = { item_id: itemId(head), output_index: 0, content_index: 0 }
  const opening = [
    write('response.created', { response }),
    write('response.in_progress', { response }),
    write('response.output_item.added', { output_index: 0, item: itemOf(head, 'in_progress') }),
    write('response.content_part.added', { ...place, part: partOf('') }),
  ]
  const deltaNumbered0 = aroundText((delta) =>
    createResponsesWriter()('response.output_text.delta', { ...place, delta }),
  )
  const numberAt = deltaNumbered0('').indexOf(numberMember) + numberMember.length
  let written = opening.length
  return {
    opening,
    delta: (text) => {
      const event = deltaNumbered0(text)
      return event.slice(0, numberAt) + written++ + event.slice(numberAt + 1)
    },
    closing: (wholeText) => {
      const text = wholeText()
      const write = createResponsesWriter(written)
      const item = itemOf(head, 'completed', text)
      return [
        write('response.output_text.done', { ...place, text }),
        write('response.content_part.done', { ...place, part: partOf(text) }),
        write('response.output_item.done', { output_index: 0, item }),
        write('response.completed', { response: responseOf(head, 'completed', [item]) }),
      ]
    },
  }
}

function responseOf({ key, model, promptTokens, chunks }: Head, status: string, output: readonly object[]): object {
  const usage = {
    input_tokens: promptTokens,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: chunks,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: promptTokens + chunks,
  }
  return {
    id: idOf('resp', key),
    object: 'response',
    created_at: createdS,
    status,
    error: null,
    incomplete_details: null,
    model,
    output,
    usage: status === 'completed' ? usage : null,
  }
}

function itemId({ key }: Head): string {
  return idOf('msg', key)
}

function itemOf(head: Head, status: string, text?: string): object {
  const content = text === undefined ? [] : [partOf(text)]
  return { id: itemId(head), type: 'message', status, role: 'assistant', content }
}

function partOf(text: string): object {
  return { type: 'output_text', text, annotations: [] }
}
