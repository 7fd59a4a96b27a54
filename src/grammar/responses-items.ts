import { asNumber, asObject, asText, type JsonObject, parseJson } from '../base/json.ts'
import { shown } from '../base/shown.ts'
import type { Report } from './finding.ts'
import { invalidMembers } from './members.ts'
import {
  checkFinishedItem,
  checkFinishedPart,
  type Item,
  identity,
  type Part,
  partOf,
  rulesOfItemDone,
  rulesOfOutput,
  StreamedText,
} from './responses-item.ts'
import {
  deltaEvents,
  isKnownItem,
  isRunByClient,
  itemTexts,
  membersOfItem,
  membersOfPart,
  type PartList,
  partAddedEvents,
  partDoneEvents,
  partIndex,
  partTexts,
  type TextKind,
  textDoneEvents,
} from './responses-schema.ts'
import type { RuleId } from './rules.ts'

/** Limit of items in a response, and of parts in one item: those beyond it are reported as unknown. */
const maxFollowed = 1000
/**
 * Checks the output of one response: items, their parts, and that each payload repeats what the deltas said. Items and parts are
 * linked lists, because an array or a map would take up more memory than the one or two items of a usual stream.
 */
export class ResponsesItems {
  readonly #report: Report
  #last: Item | undefined
  #count = 0
  /** The text to which the last event added; undefined if it was not a delta, or a wrong one. */
  #lastText: StreamedText | undefined

  constructor(report: Report) {
    this.#report = report
  }

  /** Checks an event that is about an item. */
  event(name: string, body: JsonObject): void {
    this.#lastText = undefined
    const delta = deltaEvents.get(name)
    const textDone = textDoneEvents.get(name)
    const partAdded = partAddedEvents.get(name)
    const partDone = partDoneEvents.get(name)
    if (delta) this.#delta(delta, name, body)
    else if (textDone) this.#textDone(textDone, name, body)
    else if (partAdded) this.#partAdded(partAdded, name, body)
    else if (partDone) this.#partDone(partDone, name, body)
    else if (name === 'response.output_item.added') this.#itemAdded(body)
    else if (name === 'response.output_item.done') this.#itemDone(name, body)
    else if (body['output_index'] !== undefined) this.#itemOf(name, body)
  }

  /** Adds a delta to the text of the last event. */
  again(text: string): void {
    this.#lastText?.add(text)
  }

  /** Checks the output of the terminal event. */
  end(isCompleted: boolean, output: unknown): void {
    let open = 0
    for (let item = this.#last; item; item = item.previous) {
      if (!item.isDone) open++
      if (!item.hasInvalidJson) continue
      const finding = ['R5', 'a JSON object as arguments', `other text in item ${shown(item.index)}`] as const
      if (isCompleted) this.#report.broken(...finding)
      else this.#report.warn(...finding)
    }
    if (isCompleted && open > 0)
      this.#report.broken('R3', 'output_item.done for each item before response.completed', `${open} open items`)
    const count = this.#count
    if (!Array.isArray(output) || (isCompleted ? output.length !== count : output.length > count)) {
      this.#report.broken('R6', `an output of the ${count} added items`, output)
      return
    }
    let at = count
    for (let item = this.#last; item; item = item.previous) {
      at--
      // An item that the end of the answer cut off may have any content.
      if (isCompleted || item.isDone)
        checkFinishedItem(this.#report, rulesOfOutput, `item ${at} of the output`, item, asObject(output[at]) ?? {})
    }
  }

  #itemOf(name: string, body: JsonObject): Item | undefined {
    const index = body['output_index']
    let item = typeof index === 'number' ? this.#last : undefined
    while (item && item.index !== index) item = item.previous
    if (!item) {
      this.#report.broken('R8', 'the output_index of an added item', `${name} with ${shown(index)}`)
      return undefined
    }
    if (item.isDone) this.#report.broken('R3', `no event of item ${shown(index)} after output_item.done`, name)
    const id = body['item_id']
    if (item.id !== undefined && name !== 'response.output_item.done' && identity(id) !== item.id)
      this.#report.broken('R3', `item_id ${shown(item.id)}, as in output_item.added`, id)
    return item
  }

  #itemAdded({ output_index: index, item: added }: JsonObject): void {
    const item = asObject(added) ?? {}
    const type = identity(item['type'])
    this.#complete('R3', 'output_item.added', item, membersOfItem(type))
    if (type !== undefined && !isKnownItem(type)) this.#report.warn('R3', 'a known item type', type)
    if (index !== this.#count) this.#report.broken('R3', `output_index ${this.#count}`, index)
    const id = identity(item['id'])
    const callId = identity(item['call_id'])
    for (let earlier = this.#last; earlier; earlier = earlier.previous) {
      if (id !== undefined && earlier.id === id) this.#report.broken('R3', 'an item id that no earlier item has', id)
      // The output of a call has the call_id of its call.
      if (callId !== undefined && earlier.callId === callId && earlier.type === type)
        this.#report.broken('R3', 'a call_id that no earlier call has', callId)
    }
    if (this.#count === maxFollowed) return
    this.#count++
    const kind = itemTexts.get(type)
    const text = kind && new StreamedText()
    text?.add(asText(item[kind?.member ?? '']) ?? '')
    this.#last = {
      index: asNumber(index),
      type,
      id,
      callId,
      name: identity(item['name']),
      text,
      hasInvalidJson: false,
      isDone: false,
      contentParts: 0,
      summaryParts: 0,
      lastPart: undefined,
      previous: this.#last,
    }
  }

  #itemDone(name: string, body: JsonObject): void {
    const item = this.#itemOf(name, body)
    if (!item) return
    let open = 0
    for (let part = item.lastPart; part; part = part.previous) if (!part.isDone) open++
    if (open > 0)
      this.#report.broken('R4', 'content_part.done for each part before output_item.done', `${open} open parts`)
    if (item.text && !item.text.isDone)
      this.#report.broken('R5', `the done event of the text of a ${item.type} before output_item.done`, 'none')
    item.isDone = true
    const final = asObject(body['item']) ?? {}
    if (final['status'] === 'in_progress' && !isRunByClient(item.type))
      this.#report.broken('R3', 'output_item.done with a final status', final['status'])
    if (this.#complete('R3', 'output_item.done', final, membersOfItem(item.type)))
      checkFinishedItem(this.#report, rulesOfItemDone, 'output_item.done', item, final)
  }

  #partAdded(list: PartList, name: string, body: JsonObject): void {
    const item = this.#itemOf(name, body)
    if (!item) return
    const index = body[partIndex[list]]
    const added = asObject(body['part']) ?? {}
    const type = identity(added['type'])
    const kind = partTexts.get(type)
    this.#complete('R4', name, added, membersOfPart(type))
    if (type !== undefined && kind?.list !== list) this.#report.warn('R4', `a known type of ${list} part`, type)
    const count = list === 'content' ? item.contentParts : item.summaryParts
    if (index !== count) this.#report.broken('R4', `${partIndex[list]} ${count}`, index)
    this.#addPart(item, list, index, type).text.add(asText(added[kind?.member ?? '']) ?? '')
  }

  /** Adds a part to an item; beyond the limit, the part is not followed. */
  #addPart(item: Item, list: PartList, index: unknown, type: string | undefined): Part {
    const part: Part = {
      list,
      index: asNumber(index),
      type,
      text: new StreamedText(),
      isDone: false,
      previous: item.lastPart,
    }
    if (item.contentParts + item.summaryParts >= maxFollowed) return part
    if (list === 'content') item.contentParts++
    else item.summaryParts++
    item.lastPart = part
    return part
  }

  #partDone(list: PartList, name: string, body: JsonObject): void {
    const item = this.#itemOf(name, body)
    if (!item) return
    const part = partOf(item, list, body[partIndex[list]])
    if (!part) {
      this.#report.broken('R4', `the ${partIndex[list]} of an added part`, body[partIndex[list]])
      return
    }
    if (part.isDone) this.#report.broken('R4', `${name} once for each part`, 'another one')
    if (!part.text.isDone && partTexts.has(part.type))
      this.#report.broken('R4', `the done event of the text of a part before ${name}`, 'none')
    part.isDone = true
    checkFinishedPart(this.#report, 'R4', name, part, body['part'])
  }

  /** The text that an event is about. */
  #textOf(kind: TextKind, name: string, item: Item, body: JsonObject): StreamedText | undefined {
    const { list, holder } = kind
    if (list === undefined) {
      if (item.type === holder) return item.text
      this.#report.broken(kind.rule, `${name} of an item of type ${holder}`, item.type)
      return undefined
    }
    const index = body[partIndex[list]]
    const part = partOf(item, list, index)
    if (part?.type === holder) return part.text
    if (part) this.#report.broken(kind.rule, `${name} of a part of type ${holder}`, part.type)
    else if (holder === 'reasoning_text' && index === item.contentParts) {
      // vLLM announces these parts with an event that is not in the API reference.
      this.#report.warn(kind.rule, `content_part.added before ${name}`, 'none')
      const implicit = this.#addPart(item, list, index, holder)
      implicit.isDone = true
      return implicit.text
    } else this.#report.broken('R4', `the ${partIndex[list]} of an added part`, `${name} with ${shown(index)}`)
    return undefined
  }

  #delta(kind: TextKind, name: string, body: JsonObject): void {
    const item = this.#itemOf(name, body)
    const text = item && this.#textOf(kind, name, item, body)
    const { delta } = body
    if (typeof delta !== 'string') this.#report.broken(kind.rule, 'a text as delta', delta)
    else if (text?.isDone) this.#report.broken(kind.rule, 'no delta after the done event of its text', delta)
    else if (text) {
      text.add(delta)
      this.#lastText = text
    }
  }

  #textDone(kind: TextKind, name: string, body: JsonObject): void {
    const item = this.#itemOf(name, body)
    const text = item && this.#textOf(kind, name, item, body)
    if (!text) return
    if (text.isDone) this.#report.broken(kind.rule, `${name} once`, 'another one')
    text.isDone = true
    const value = body[kind.member]
    if (typeof value !== 'string' || !text.matches(value))
      this.#report.broken(kind.rule, `the joined text of its deltas as ${kind.member}`, value)
    if (kind.member === 'arguments') item.hasInvalidJson = typeof value === 'string' && !isArguments(value)
    if (body['name'] !== undefined && identity(body['name']) !== item.name)
      this.#report.broken('R3', `name ${shown(item.name)}, as in output_item.added`, body['name'])
  }

  /** Whether an object has all members with the right types; otherwise with a finding. */
  #complete(rule: RuleId, place: string, object: JsonObject, members: Parameters<typeof invalidMembers>[1]): boolean {
    const invalid = invalidMembers(object, members)
    if (invalid.length > 0) this.#report.broken(rule, `${place} with a valid ${invalid.join(', ')}`, object)
    return invalid.length === 0
  }
}

/** Whether a text is the arguments of a call: a JSON object, or blank for a call without arguments. */
function isArguments(text: string): boolean {
  return text.trim() === '' || asObject(parseJson(text)) !== undefined
}
