import { asObject, hasText, type JsonObject } from '../base/json.ts'
import { shown } from '../base/shown.ts'
import type { Report } from './finding.ts'
import { createJsonText, type JsonText } from './json-text.ts'
import { invalidMembers, isCount, isFilledText, isObject, isText, type Members, oneOf, optional } from './members.ts'

interface Call {
  readonly id: unknown
  readonly type: unknown
  readonly name: unknown
  /** The arguments of a function; blank for a custom tool, whose input may be any text. */
  readonly json: JsonText
}

/** Limit of the calls that are followed; those beyond it are reported as wrong. */
const maxFollowed = 1000

/** The members of each fragment of a call. */
const fragmentMembers: Members = {
  index: isCount,
  function: optional(isObject),
  custom: optional(isObject),
}
/** Of its first fragment. */
const firstMembers: Members = { id: isFilledText, type: oneOf('function', 'custom') }
const firstContent: Members = { name: isFilledText }
/** Of `function` and of `custom`. */
const contentMembers: Members = { arguments: optional(isText), input: optional(isText) }

/** Checks the tool calls of one choice: rule C6. */
export class ChatCalls {
  readonly #report: Report
  readonly #calls = new Map<unknown, Call>()

  constructor(report: Report) {
    this.#report = report
  }

  /** Checks the next fragment. */
  push(fragment: unknown): void {
    const call = asObject(fragment)
    const content = asObject(call?.['custom']) ?? asObject(call?.['function'])
    this.#types(call, fragmentMembers, fragment)
    if (content) this.#types(content, contentMembers, fragment)
    if (!call || !isCount(call['index'])) return
    const known = this.#calls.get(call['index'])
    if (known) this.#later(known, call, content)
    const { json } = known ?? this.#first(call, content)
    if (typeof content?.['arguments'] === 'string') json.push(content['arguments'])
  }

  /** Checks the arguments at the finish of the choice. `isCut`: the finish reason means that the answer is truncated. */
  end(isCut: boolean): void {
    for (const [index, { json }] of this.#calls) {
      const isTruncated = json.isTruncated()
      if (json.isObject()) continue
      const got = `${isTruncated ? 'truncated JSON' : 'something else'} in tool call ${shown(index)}`
      if (isCut && isTruncated) this.#report.warn('C6', 'one JSON object as arguments', got)
      else this.#report.broken('C6', 'one JSON object as arguments', got)
    }
  }

  #types(object: JsonObject | undefined, members: Members, fragment: unknown): void {
    const invalid = invalidMembers(object, members)
    if (invalid.length > 0) this.#report.broken('C6', `a tool call with a valid ${invalid.join(', ')}`, fragment)
  }

  #first(fragment: JsonObject, content: JsonObject | undefined): Call {
    const { index, id, type } = fragment
    const invalid = [...invalidMembers(fragment, firstMembers), ...invalidMembers(content, firstContent)]
    const isOther = type === 'custom' ? !isObject(fragment['custom']) : !isObject(fragment['function'])
    if (invalid.length === 0 && isOther) invalid.push(type === 'custom' ? 'custom' : 'function')
    if (invalid.length > 0)
      this.#report.broken('C6', `${invalid.join(', ')} in the first fragment of a tool call`, fragment)
    if (hasText(id) && [...this.#calls.values()].some((call) => call.id === id))
      this.#report.broken('C6', 'an id that no other tool call has', id)
    const call = { id, type, name: content?.['name'], json: createJsonText() }
    if (this.#calls.size < maxFollowed) this.#calls.set(index, call)
    return call
  }

  #later(call: Call, { index, id, type }: JsonObject, content: JsonObject | undefined): void {
    const name = content?.['name']
    if (isSame(id, call.id) && isSame(type, call.type) && isSame(name, call.name)) return
    this.#report.broken('C6', `a constant id, type and name of tool call ${shown(index)}`, { id, type, name })
  }
}

/** Whether a later fragment repeats a member of the first, or leaves it out or empty. */
function isSame(later: unknown, first: unknown): boolean {
  return later == null || later === '' || later === first
}
