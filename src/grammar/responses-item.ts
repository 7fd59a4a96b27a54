import { asObject, type JsonObject } from '../base/json.ts'
import { shown } from '../base/shown.ts'
import { Digest, digestOf } from './digest.ts'
import type { Report } from './finding.ts'
import { itemTexts, type PartList, partTexts } from './responses-schema.ts'
import type { RuleId } from './rules.ts'

/** A text that arrives in deltas. */
export class StreamedText extends Digest {
  /** Whether its done event arrived. */
  isDone = false
}

/** A part of an item, such as a text. */
export interface Part {
  readonly list: PartList
  readonly index: number | undefined
  readonly type: string | undefined
  readonly text: StreamedText
  isDone: boolean
  readonly previous: Part | undefined
}

/** An output item. Its index, type, ids and name are undefined if they are missing. */
export interface Item {
  readonly index: number | undefined
  readonly type: string | undefined
  readonly id: string | undefined
  readonly callId: string | undefined
  readonly name: string | undefined
  /** The arguments, input or code of a call. */
  readonly text: StreamedText | undefined
  hasInvalidJson: boolean
  isDone: boolean
  contentParts: number
  summaryParts: number
  lastPart: Part | undefined
  readonly previous: Item | undefined
}

/** Longer types, ids and names are compared by their digest. */
const maxIdLength = 256

/** The rules of which a finished item breaks one: for its identity, its parts, and its own text. */
interface FinishedRules {
  readonly identity: RuleId
  readonly parts: RuleId
  readonly text: RuleId
}
/** The rules of output_item.done. */
export const rulesOfItemDone: FinishedRules = { identity: 'R3', parts: 'R4', text: 'R5' }
/** The rules of the output of the terminal event. */
export const rulesOfOutput: FinishedRules = { identity: 'R6', parts: 'R6', text: 'R6' }

/** A type, an id or a name to compare; undefined if it is empty or not a text. */
export function identity(value: unknown): string | undefined {
  if (typeof value !== 'string' || value === '') return undefined
  return value.length > maxIdLength ? digestOf(value) : value
}

/** The part of an item with an index in a list. */
export function partOf(item: Item, list: PartList, index: unknown): Part | undefined {
  if (typeof index !== 'number') return undefined
  let part = item.lastPart
  while (part && (part.index !== index || part.list !== list)) part = part.previous
  return part
}

/** Compares a finished item with its earlier events. */
export function checkFinishedItem(
  report: Report,
  rules: FinishedRules,
  place: string,
  item: Item,
  final: JsonObject,
): void {
  for (const [member, known] of [
    ['type', item.type],
    ['id', item.id],
    ['call_id', item.callId],
    ['name', item.name],
  ] as const)
    if (known !== undefined && identity(final[member]) !== known)
      report.broken(rules.identity, `${place} with ${member} ${shown(known)}, as in output_item.added`, final[member])
  const member = itemTexts.get(item.type)?.member
  if (item.text && member !== undefined) {
    const value = final[member] ?? ''
    if (typeof value !== 'string' || !item.text.matches(value))
      report.broken(rules.text, `${place} with the ${member} of its deltas`, final[member])
  }
  const { content } = final
  if (item.type === 'message' && (!Array.isArray(content) || content.length !== item.contentParts))
    report.broken(rules.parts, `${place} with all ${item.contentParts} added parts in its content`, content)
  else
    for (let part = item.lastPart; part; part = part.previous) {
      const parts = final[part.list]
      const finished = Array.isArray(parts) && part.index !== undefined ? parts[part.index] : undefined
      checkFinishedPart(report, rules.parts, place, part, finished)
    }
}

/** Compares a finished part with its earlier events. */
export function checkFinishedPart(report: Report, rule: RuleId, place: string, part: Part, final: unknown): void {
  if (part.type === undefined) return
  const finished = asObject(final)
  if (identity(finished?.['type']) !== part.type) {
    report.broken(rule, `${place} with a part of type ${shown(part.type)}`, final)
    return
  }
  const member = partTexts.get(part.type)?.member
  if (member === undefined) return
  const text = finished?.[member]
  if (typeof text !== 'string' || !part.text.matches(text))
    report.broken(rule, `${place} with the ${member} of its deltas`, text)
}
