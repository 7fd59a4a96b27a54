import { asObject, parseObject } from '../protocol/protocol.ts'
import { createDigest, type Digest, digestOf } from './digest.ts'
import type { Grammar, Report } from './finding.ts'
import { createJsonText, type JsonText } from './json-text.ts'

type Body = Readonly<Record<string, unknown>>

interface Part {
  readonly text: Digest
  textDone: boolean
  done: boolean
}

interface Item {
  readonly type: unknown
  readonly parts: Map<unknown, Part>
  /** Of a function call only. */
  readonly args?: Digest
  readonly json?: JsonText
  argsDone: boolean
  done: boolean
}

/** Items of a response, and parts of one, that are followed: what goes beyond is found to be unknown. */
const maxFollowed = 1000

const statusOf: Readonly<Record<string, string>> = {
  'response.completed': 'completed',
  'response.failed': 'failed',
  'response.incomplete': 'incomplete',
}
const beginnings = ['response.created', 'response.queued', 'response.in_progress']

/** Rules R1 to R8 of OpenAI Responses (OpenAI API reference, "Streaming events"). */
export function responsesGrammar(report: Report): Grammar {
  const items = new Map<unknown, Item>()
  let sequence = 0
  let id: unknown
  /** What the last text delta was added to. */
  let lastText: Digest | undefined
  let state: 'start' | 'open' | 'whole' | 'error' = 'start'

  const itemOf = ({ type, output_index: index }: Body): Item | undefined => {
    const item = items.get(index)
    if (!item) report.broken('R8', 'an output_index that was added', `${String(type)} of ${String(index)}`)
    else if (item.done) report.broken('R3', `nothing of item ${String(index)} after it was done`, type)
    return item
  }
  const partOf = (body: Body): Part | undefined => {
    const item = itemOf(body)
    const part = item?.parts.get(body['content_index'])
    if (item && !part)
      report.broken(
        'R4',
        'a content_index that was added',
        `${String(body['type'])} of ${String(body['content_index'])}`,
      )
    return part
  }

  const itemAdded = ({ output_index: index, item }: Body) => {
    if (index !== items.size) report.broken('R3', `output_index ${items.size}`, index)
    if (items.size === maxFollowed) return
    const type = asObject(item)?.['type']
    items.set(index, {
      type,
      parts: new Map(),
      ...(type === 'function_call' && { args: createDigest(), json: createJsonText() }),
      argsDone: false,
      done: false,
    })
  }
  const itemDone = (body: Body) => {
    const item = itemOf(body)
    if (!item) return
    const open = [...item.parts.values()].filter(({ done }) => !done).length
    if (open > 0) report.broken('R4', 'each content part done before its item', `${open} open`)
    if (item.type === 'function_call' && !item.argsDone)
      report.broken('R5', 'function_call_arguments.done before its item is done', 'none')
    item.done = true
  }
  const partAdded = (body: Body) => {
    const parts = itemOf(body)?.parts
    if (!parts || parts.size === maxFollowed) return
    if (body['content_index'] !== parts.size) report.broken('R4', `content_index ${parts.size}`, body['content_index'])
    parts.set(body['content_index'], { text: createDigest(), textDone: false, done: false })
  }
  const partDone = (body: Body) => {
    const part = partOf(body)
    if (!part) return
    if (asObject(body['part'])?.['type'] === 'output_text' && !part.textDone)
      report.broken('R4', 'output_text.done before its part is done', 'none')
    part.done = true
  }
  const textDelta = (body: Body) => {
    const part = partOf(body)
    if (part?.textDone) report.broken('R4', 'no delta after output_text.done', body['delta'])
    if (typeof body['delta'] !== 'string') report.broken('R4', 'a delta that is text', body['delta'])
    else {
      lastText = part?.text
      lastText?.add(body['delta'])
    }
  }
  const textDone = (body: Body) => {
    const part = partOf(body)
    if (!part) return
    if (digestOf(String(body['text'])) !== part.text.value())
      report.broken('R4', 'the text of its deltas', body['text'])
    part.textDone = true
  }
  const argsDelta = (body: Body) => {
    const item = itemOf(body)
    if (item?.argsDone) report.broken('R5', 'no delta after function_call_arguments.done', body['delta'])
    if (typeof body['delta'] !== 'string') report.broken('R5', 'a delta that is text', body['delta'])
    else {
      item?.args?.add(body['delta'])
      item?.json?.push(body['delta'])
    }
  }
  const argsDone = (body: Body) => {
    const item = itemOf(body)
    if (!item) return
    if (digestOf(String(body['arguments'])) !== item.args?.value())
      report.broken('R5', 'the arguments of their deltas', body['arguments'])
    if (item.json && !item.json.isEmpty() && !item.json.isWhole())
      report.broken('R5', 'arguments that are JSON', body['arguments'])
    item.argsDone = true
  }

  const acts: Readonly<Record<string, (body: Body) => void>> = {
    'response.output_item.added': itemAdded,
    'response.output_item.done': itemDone,
    'response.content_part.added': partAdded,
    'response.content_part.done': partDone,
    'response.output_text.delta': textDelta,
    'response.output_text.done': textDone,
    'response.function_call_arguments.delta': argsDelta,
    'response.function_call_arguments.done': argsDone,
  }

  /** What the terminal event says was put out is what the events before it said. */
  const terminal = (name: string, response: Body) => {
    if (response['status'] !== statusOf[name]) report.broken('R6', `status "${statusOf[name]}"`, response['status'])
    const open = [...items.values()].filter(({ done }) => !done).length
    if (open > 0 && name === 'response.completed') report.broken('R3', 'each item done before the end', `${open} open`)
    state = name === 'response.failed' ? 'error' : 'whole'
    const output = response['output']
    if (name !== 'response.completed') return
    if (!Array.isArray(output) || output.length !== items.size) {
      report.broken('R6', `an output of ${items.size} items, as they were added`, output)
      return
    }
    for (const [index, put] of output.entries()) {
      const item = items.get(index)
      if (item) sameItem(index, item, asObject(put) ?? {})
    }
  }
  const sameItem = (index: number, item: Item, put: Body) => {
    const where = `item ${index} of the output`
    if (put['type'] !== item.type) report.broken('R6', `${where} to be a ${String(item.type)}`, put['type'])
    if (item.type === 'function_call' && digestOf(String(put['arguments'])) !== item.args?.value())
      report.broken('R6', `${where} with the arguments of its deltas`, put['arguments'])
    const content = Array.isArray(put['content']) ? put['content'] : []
    for (const [at, part] of item.parts) {
      const { type, text } = asObject(content[Number(at)]) ?? {}
      if (part.textDone && (type !== 'output_text' || digestOf(String(text)) !== part.text.value()))
        report.broken('R6', `${where} with the text of its deltas`, content[Number(at)])
    }
  }

  return {
    event(type, data) {
      const body = parseObject(data)
      if (!body) {
        report.broken('json_malformed', 'an event whose data is a JSON object', data)
        return
      }
      const name = String(body['type'])
      if (name !== type) report.broken('R1', `an event named as its type, ${JSON.stringify(name)}`, type)
      // Errors from before the response are numbered by some and not by others.
      if (body['sequence_number'] !== sequence && !(name === 'error' && body['sequence_number'] === undefined))
        report.broken('R1', `sequence_number ${sequence}`, body['sequence_number'])
      sequence = typeof body['sequence_number'] === 'number' ? body['sequence_number'] + 1 : sequence + 1
      if (state === 'whole' || state === 'error') {
        report.broken(state === 'error' ? 'error_then_success' : 'R7', 'nothing after the terminal event', name)
        return
      }
      if (name === 'error') {
        state = 'error'
        return
      }
      if (state === 'start' && name !== 'response.created')
        report.broken('R2', 'response.created as the first event', name)
      else if (state === 'open' && name === 'response.created') report.broken('R2', 'response.created once', name)
      state = 'open'
      const response = asObject(body['response'])
      if (response) {
        id ??= response['id']
        if (response['id'] !== id) report.broken('R2', `the same response.id in all, ${String(id)}`, response['id'])
      }
      if (Object.hasOwn(statusOf, name)) terminal(name, response ?? {})
      else if (Object.hasOwn(acts, name)) acts[name]?.(body)
      else if (!beginnings.includes(name) && !name.startsWith('response.')) report.warn('R1', 'a known event', name)
    },
    again(text) {
      sequence++
      lastText?.add(text)
    },
    end() {
      if (state === 'whole' || state === 'error') return state
      report.broken('R6', 'one of response.completed, failed or incomplete as the last event', 'the end of the body')
      return 'cut'
    },
  }
}
