import { asObject, parseObject } from '../protocol/protocol.ts'
import { Digest, digestOf } from './digest.ts'
import type { Ending, Grammar, Report } from './finding.ts'
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
  return new ResponsesGrammar(report)
}

/** A class, as there are as many as streams: closures for each of its acts would be most of what a stream takes. */
class ResponsesGrammar implements Grammar {
  readonly #report: Report
  readonly #items = new Map<unknown, Item>()
  #sequence = 0
  #id: unknown
  /** What the last text delta was added to. */
  #lastText: Digest | undefined
  #state: 'start' | 'open' | 'whole' | 'error' = 'start'

  constructor(report: Report) {
    this.#report = report
  }

  event(type: string, data: string): void {
    const body = parseObject(data)
    if (!body) {
      this.#report.broken('json_malformed', 'an event whose data is a JSON object', data)
      return
    }
    const name = String(body['type'])
    if (name !== type) this.#report.broken('R1', `an event named as its type, ${JSON.stringify(name)}`, type)
    // Errors from before the response are numbered by some and not by others.
    if (body['sequence_number'] !== this.#sequence && !(name === 'error' && body['sequence_number'] === undefined))
      this.#report.broken('R1', `sequence_number ${this.#sequence}`, body['sequence_number'])
    this.#sequence = typeof body['sequence_number'] === 'number' ? body['sequence_number'] + 1 : this.#sequence + 1
    if (this.#state === 'whole' || this.#state === 'error') {
      this.#report.broken(
        this.#state === 'error' ? 'error_then_success' : 'R7',
        'nothing after the terminal event',
        name,
      )
      return
    }
    if (name === 'error') {
      this.#state = 'error'
      return
    }
    if (this.#state === 'start' && name !== 'response.created')
      this.#report.broken('R2', 'response.created as the first event', name)
    else if (this.#state === 'open' && name === 'response.created')
      this.#report.broken('R2', 'response.created once', name)
    this.#state = 'open'
    const response = asObject(body['response'])
    if (response) {
      this.#id ??= response['id']
      if (response['id'] !== this.#id)
        this.#report.broken('R2', `the same response.id in all, ${String(this.#id)}`, response['id'])
    }
    if (Object.hasOwn(statusOf, name)) this.#terminal(name, response ?? {})
    else if (this.#act(name, body)) return
    else if (!beginnings.includes(name) && !name.startsWith('response.')) this.#report.warn('R1', 'a known event', name)
  }

  again(text: string): void {
    this.#sequence++
    this.#lastText?.add(text)
  }

  end(): Ending {
    if (this.#state === 'whole' || this.#state === 'error') return this.#state
    this.#report.broken(
      'R6',
      'one of response.completed, failed or incomplete as the last event',
      'the end of the body',
    )
    return 'cut'
  }

  /** Takes an event that has rules of its own; false where it has none. */
  #act(name: string, body: Body): boolean {
    if (name === 'response.output_text.delta') this.#textDelta(body)
    else if (name === 'response.function_call_arguments.delta') this.#argsDelta(body)
    else if (name === 'response.output_item.added') this.#itemAdded(body)
    else if (name === 'response.output_item.done') this.#itemDone(body)
    else if (name === 'response.content_part.added') this.#partAdded(body)
    else if (name === 'response.content_part.done') this.#partDone(body)
    else if (name === 'response.output_text.done') this.#textDone(body)
    else if (name === 'response.function_call_arguments.done') this.#argsDone(body)
    else return false
    return true
  }

  #itemOf({ type, output_index: index }: Body): Item | undefined {
    const item = this.#items.get(index)
    if (!item) this.#report.broken('R8', 'an output_index that was added', `${String(type)} of ${String(index)}`)
    else if (item.done) this.#report.broken('R3', `nothing of item ${String(index)} after it was done`, type)
    return item
  }

  #partOf(body: Body): Part | undefined {
    const item = this.#itemOf(body)
    const part = item?.parts.get(body['content_index'])
    if (item && !part)
      this.#report.broken(
        'R4',
        'a content_index that was added',
        `${String(body['type'])} of ${String(body['content_index'])}`,
      )
    return part
  }

  #itemAdded({ output_index: index, item }: Body): void {
    if (index !== this.#items.size) this.#report.broken('R3', `output_index ${this.#items.size}`, index)
    if (this.#items.size === maxFollowed) return
    const type = asObject(item)?.['type']
    this.#items.set(index, {
      type,
      parts: new Map(),
      ...(type === 'function_call' && { args: new Digest(), json: createJsonText() }),
      argsDone: false,
      done: false,
    })
  }

  #itemDone(body: Body): void {
    const item = this.#itemOf(body)
    if (!item) return
    const open = [...item.parts.values()].filter(({ done }) => !done).length
    if (open > 0) this.#report.broken('R4', 'each content part done before its item', `${open} open`)
    if (item.type === 'function_call' && !item.argsDone)
      this.#report.broken('R5', 'function_call_arguments.done before its item is done', 'none')
    item.done = true
  }

  #partAdded(body: Body): void {
    const parts = this.#itemOf(body)?.parts
    if (!parts || parts.size === maxFollowed) return
    if (body['content_index'] !== parts.size)
      this.#report.broken('R4', `content_index ${parts.size}`, body['content_index'])
    parts.set(body['content_index'], { text: new Digest(), textDone: false, done: false })
  }

  #partDone(body: Body): void {
    const part = this.#partOf(body)
    if (!part) return
    if (asObject(body['part'])?.['type'] === 'output_text' && !part.textDone)
      this.#report.broken('R4', 'output_text.done before its part is done', 'none')
    part.done = true
  }

  #textDelta(body: Body): void {
    const part = this.#partOf(body)
    if (part?.textDone) this.#report.broken('R4', 'no delta after output_text.done', body['delta'])
    if (typeof body['delta'] !== 'string') this.#report.broken('R4', 'a delta that is text', body['delta'])
    else {
      this.#lastText = part?.text
      this.#lastText?.add(body['delta'])
    }
  }

  #textDone(body: Body): void {
    const part = this.#partOf(body)
    if (!part) return
    if (digestOf(String(body['text'])) !== part.text.value())
      this.#report.broken('R4', 'the text of its deltas', body['text'])
    part.textDone = true
  }

  #argsDelta(body: Body): void {
    const item = this.#itemOf(body)
    if (item?.argsDone) this.#report.broken('R5', 'no delta after function_call_arguments.done', body['delta'])
    if (typeof body['delta'] !== 'string') this.#report.broken('R5', 'a delta that is text', body['delta'])
    else {
      item?.args?.add(body['delta'])
      item?.json?.push(body['delta'])
    }
  }

  #argsDone(body: Body): void {
    const item = this.#itemOf(body)
    if (!item) return
    if (digestOf(String(body['arguments'])) !== item.args?.value())
      this.#report.broken('R5', 'the arguments of their deltas', body['arguments'])
    if (item.json && !item.json.isEmpty() && !item.json.isWhole())
      this.#report.broken('R5', 'arguments that are JSON', body['arguments'])
    item.argsDone = true
  }

  #terminal(name: string, response: Body): void {
    if (response['status'] !== statusOf[name])
      this.#report.broken('R6', `status "${statusOf[name]}"`, response['status'])
    const open = [...this.#items.values()].filter(({ done }) => !done).length
    if (open > 0 && name === 'response.completed')
      this.#report.broken('R3', 'each item done before the end', `${open} open`)
    this.#state = name === 'response.failed' ? 'error' : 'whole'
    const output = response['output']
    if (name !== 'response.completed') return
    if (!Array.isArray(output) || output.length !== this.#items.size) {
      this.#report.broken('R6', `an output of ${this.#items.size} items, as they were added`, output)
      return
    }
    for (const [index, put] of output.entries()) {
      const item = this.#items.get(index)
      if (item) this.#sameItem(index, item, asObject(put) ?? {})
    }
  }

  #sameItem(index: number, item: Item, put: Body): void {
    const where = `item ${index} of the output`
    if (put['type'] !== item.type) this.#report.broken('R6', `${where} to be a ${String(item.type)}`, put['type'])
    if (item.type === 'function_call' && digestOf(String(put['arguments'])) !== item.args?.value())
      this.#report.broken('R6', `${where} with the arguments of its deltas`, put['arguments'])
    const content = Array.isArray(put['content']) ? put['content'] : []
    for (const [at, part] of item.parts) {
      const { type, text } = asObject(content[Number(at)]) ?? {}
      if (part.textDone && (type !== 'output_text' || digestOf(String(text)) !== part.text.value()))
        this.#report.broken('R6', `${where} with the text of its deltas`, content[Number(at)])
    }
  }
}
