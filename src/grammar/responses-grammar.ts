import { asObject, type JsonObject } from '../base/json.ts'
import { Digest, digestOf } from './digest.ts'
import { type Ending, eventBody, type Grammar, type Report, shown } from './finding.ts'
import { createJsonText, type JsonText } from './json-text.ts'

interface Part {
  readonly text: Digest
  textDone: boolean
  done: boolean
}

interface Item {
  readonly type: unknown
  readonly parts: Map<unknown, Part>
  /** For a function call only. */
  readonly args?: Digest
  readonly json?: JsonText
  argsDone: boolean
  done: boolean
}

/** Limit of items in a response, and of parts in one item: those beyond it are reported as unknown. */
const maxFollowed = 1000

const terminalStatus: Readonly<Record<string, string>> = {
  'response.completed': 'completed',
  'response.failed': 'failed',
  'response.incomplete': 'incomplete',
}
/** The documented reasons of an incomplete response. */
const incompleteReasons: ReadonlySet<unknown> = new Set(['max_output_tokens', 'content_filter'])
/** What the other protocols call such reasons. */
const foreignReasons: ReadonlySet<unknown> = new Set(['max_tokens', 'length', 'refusal', 'stop', 'end_turn', ''])
const openingEvents = ['response.created', 'response.queued', 'response.in_progress']

const dataRules = { notJson: 'json_malformed', notObject: 'R1' } as const

/** Rules R1 to R8, for OpenAI Responses. */
export function responsesGrammar(report: Report): Grammar {
  return new ResponsesGrammar(report)
}

/** A class, because each stream has one: closures would take up most of the memory of a stream. */
class ResponsesGrammar implements Grammar {
  readonly #report: Report
  readonly #items = new Map<unknown, Item>()
  #sequence = 0
  #id: unknown
  /** The text to which the last delta was added. */
  #lastText: Digest | undefined
  #state: 'start' | 'open' | 'whole' | 'error' = 'start'

  constructor(report: Report) {
    this.#report = report
  }

  event(type: string, data: string): void {
    const body = eventBody(data, this.#report, dataRules)
    if (!body) return
    const { type: named, error } = body
    // `message` is the type of an event without a name.
    if (typeof named !== 'string' || named !== type || type === 'message')
      this.#report.broken('R1', `${shown(named)} as the event name, as in its data`, type)
    const name = typeof named === 'string' ? named : named === undefined && error != null ? 'error' : 'unknown'
    // Only some providers number an error that precedes the response.
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
      this.#report.broken('R2', 'response.created only once', name)
    this.#state = 'open'
    const response = asObject(body['response'])
    if (response) {
      this.#id ??= response['id']
      if (response['id'] !== this.#id)
        this.#report.broken('R2', `the same response.id in every event, ${String(this.#id)}`, response['id'])
    }
    if (Object.hasOwn(terminalStatus, name)) this.#terminal(name, response ?? {})
    else if (this.#itemEvent(name, body)) return
    else if (!openingEvents.includes(name) && !name.startsWith('response.'))
      this.#report.warn('R1', 'a known event type', name)
  }

  again(text: string): void {
    this.#sequence++
    this.#lastText?.add(text)
  }

  end(): Ending {
    if (this.#state === 'whole' || this.#state === 'error') return this.#state
    this.#report.broken(
      'R6',
      'response.completed, response.failed or response.incomplete as the last event',
      'the end of the body',
    )
    return 'cut'
  }

  /** Checks an event that is about an item or a part; false for other events. */
  #itemEvent(name: string, body: JsonObject): boolean {
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

  #itemOf({ type, output_index: index }: JsonObject): Item | undefined {
    const item = this.#items.get(index)
    if (!item) this.#report.broken('R8', 'the output_index of an added item', `${String(type)} with ${String(index)}`)
    else if (item.done) this.#report.broken('R3', `no event of item ${String(index)} after output_item.done`, type)
    return item
  }

  #partOf(body: JsonObject): Part | undefined {
    const item = this.#itemOf(body)
    const part = item?.parts.get(body['content_index'])
    if (item && !part)
      this.#report.broken(
        'R4',
        'the content_index of an added part',
        `${String(body['type'])} with ${String(body['content_index'])}`,
      )
    return part
  }

  #itemAdded({ output_index: index, item }: JsonObject): void {
    if (index !== this.#items.size) this.#report.broken('R3', `output_index ${this.#items.size}`, index)
    if (this.#items.size === maxFollowed) return
    const type = asObject(item)?.['type']
    const isCall = type === 'function_call'
    this.#items.set(index, {
      type,
      parts: new Map(),
      args: isCall ? new Digest() : undefined,
      json: isCall ? createJsonText() : undefined,
      argsDone: false,
      done: false,
    })
  }

  #itemDone(body: JsonObject): void {
    const item = this.#itemOf(body)
    if (!item) return
    const open = [...item.parts.values()].filter(({ done }) => !done).length
    if (open > 0)
      this.#report.broken('R4', 'content_part.done for each part before output_item.done', `${open} open parts`)
    if (item.type === 'function_call' && !item.argsDone)
      this.#report.broken('R5', 'function_call_arguments.done before output_item.done', 'none')
    item.done = true
  }

  #partAdded(body: JsonObject): void {
    const parts = this.#itemOf(body)?.parts
    if (!parts || parts.size === maxFollowed) return
    if (body['content_index'] !== parts.size)
      this.#report.broken('R4', `content_index ${parts.size}`, body['content_index'])
    parts.set(body['content_index'], { text: new Digest(), textDone: false, done: false })
  }

  #partDone(body: JsonObject): void {
    const part = this.#partOf(body)
    if (!part) return
    if (asObject(body['part'])?.['type'] === 'output_text' && !part.textDone)
      this.#report.broken('R4', 'output_text.done before content_part.done', 'none')
    part.done = true
  }

  #textDelta(body: JsonObject): void {
    const part = this.#partOf(body)
    if (part?.textDone) this.#report.broken('R4', 'no delta after output_text.done', body['delta'])
    if (typeof body['delta'] !== 'string') this.#report.broken('R4', 'a text as delta', body['delta'])
    else {
      this.#lastText = part?.text
      this.#lastText?.add(body['delta'])
    }
  }

  #textDone(body: JsonObject): void {
    const part = this.#partOf(body)
    if (!part) return
    if (digestOf(String(body['text'])) !== part.text.value())
      this.#report.broken('R4', 'the joined text of its deltas', body['text'])
    part.textDone = true
  }

  #argsDelta(body: JsonObject): void {
    const item = this.#itemOf(body)
    if (item?.argsDone) this.#report.broken('R5', 'no delta after function_call_arguments.done', body['delta'])
    if (typeof body['delta'] !== 'string') this.#report.broken('R5', 'a text as delta', body['delta'])
    else {
      item?.args?.add(body['delta'])
      item?.json?.push(body['delta'])
    }
  }

  #argsDone(body: JsonObject): void {
    const item = this.#itemOf(body)
    if (!item) return
    if (digestOf(String(body['arguments'])) !== item.args?.value())
      this.#report.broken('R5', 'the joined arguments of its deltas', body['arguments'])
    if (item.json && !item.json.isValid()) this.#report.broken('R5', 'valid JSON as arguments', body['arguments'])
    item.argsDone = true
  }

  #terminal(name: string, response: JsonObject): void {
    if (response['status'] !== terminalStatus[name])
      this.#report.broken('R6', `status "${terminalStatus[name]}"`, response['status'])
    if (name === 'response.incomplete') this.#incomplete(asObject(response['incomplete_details'])?.['reason'])
    const open = [...this.#items.values()].filter(({ done }) => !done).length
    if (open > 0 && name === 'response.completed')
      this.#report.broken('R3', 'output_item.done for each item before response.completed', `${open} open items`)
    this.#state = name === 'response.failed' ? 'error' : 'whole'
    const output = response['output']
    if (name !== 'response.completed') return
    if (!Array.isArray(output) || output.length !== this.#items.size) {
      this.#report.broken('R6', `an output of the ${this.#items.size} added items`, output)
      return
    }
    for (const [index, final] of output.entries()) {
      const item = this.#items.get(index)
      if (item) this.#sameItem(index, item, asObject(final) ?? {})
    }
  }

  #incomplete(reason: unknown): void {
    if (incompleteReasons.has(reason)) return
    const expected = `an incomplete_details.reason: ${[...incompleteReasons].join(', ')}`
    if (reason != null && (typeof reason !== 'string' || foreignReasons.has(reason)))
      this.#report.broken('R6', expected, reason)
    else this.#report.warn('R6', expected, reason)
  }

  #sameItem(index: number, item: Item, final: JsonObject): void {
    const place = `item ${index} of the output`
    if (final['type'] !== item.type) this.#report.broken('R6', `${place} of type ${String(item.type)}`, final['type'])
    if (item.type === 'function_call' && digestOf(String(final['arguments'])) !== item.args?.value())
      this.#report.broken('R6', `${place} with the arguments of its deltas`, final['arguments'])
    const content = Array.isArray(final['content']) ? final['content'] : []
    for (const [at, part] of item.parts) {
      const { type, text } = asObject(content[Number(at)]) ?? {}
      if (part.textDone && (type !== 'output_text' || digestOf(String(text)) !== part.text.value()))
        this.#report.broken('R6', `${place} with the text of its deltas`, content[Number(at)])
    }
  }
}
