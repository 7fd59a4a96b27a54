import type { z } from 'zod'
import type { Problem } from '../base/errors.ts'
import { nearest } from '../base/nearest.ts'
import { acceptedBy } from '../base/values.ts'
import { type Option, readValue } from './option.ts'
import { isPublicHeader, parseHeader } from './request-headers.ts'
import type { FileMistake, FileNode, Place } from './scenario-document.ts'
import { options } from './table.ts'

/** Reads single values of a scenario file by the schemas of their options, and collects the mistakes. */
export class ValueReader {
  readonly #mistakes: FileMistake[]

  constructor(mistakes: FileMistake[]) {
    this.#mistakes = mistakes
  }

  /** The number of mistakes so far. */
  get known(): number {
    return this.#mistakes.length
  }

  /** Adds a mistake. `key` is how the message calls the value; an empty one is left out. */
  refuse(at: Place, key: string, message: string, more: Pick<Problem, 'got' | 'hint'> = {}): undefined {
    const separator = message.startsWith('needs ') ? ' ' : ': '
    this.#mistakes.push({ at, message: key === '' ? message : `${key}${separator}${message}`, ...more })
    return undefined
  }

  /** Adds the mistake of a key that is none of `names`. */
  refuseKey(at: Place, key: string, kind: string, names: readonly string[], otherwise: string): undefined {
    const near = nearest(key, names)
    const hint = near === undefined ? otherwise : `Did you mean ${near}?`
    return this.refuse(at, '', `unknown key${kind}`, { got: quoted(key), hint })
  }

  /** One value of an option, as text, if it is valid. `key` is how messages call it. */
  readText(key: string, option: Pick<Option, 'schema'>, node: FileNode): string | undefined {
    const isHeader = key === options.headers.name
    const got = isHeader ? 'a hidden value' : sourceOf(node)
    const { type, values } = acceptedBy(option.schema)
    const expected = expectationOf(option.schema.safeParse('\u0000').error)
    const refuse = (message: string, hint?: string) => this.refuse(node.at, key, message, { got, hint })
    if (node.kind === 'map') return refuse(expected, isHeader ? `Put it in quotes: "NAME: @VARIABLE".` : undefined)
    if (node.kind === 'list') return refuse(`${expected}, one value only`)
    const { value, source } = node
    if (value === null) return refuse(expected, 'Give the key a value, or remove it.')
    const isTruth = values === acceptedBy(options.baseline.schema).values
    if (isTruth || typeof value === 'boolean')
      return isTruth && typeof value === 'boolean' ? `${value}` : refuse(isTruth ? 'must be true or false' : expected)
    const isNumber = type === 'integer' || type === 'number'
    if (isNumber && typeof value === 'string')
      return refuse(expected, option.schema.safeParse(value).success ? 'Remove the quotes.' : undefined)
    if (!isNumber && typeof value === 'number' && type === 'text') return refuse(expected, 'Put it in quotes.')
    const text = typeof value === 'number' && isNumber ? `${value}` : typeof value === 'number' ? source : value
    const problems: Problem[] = []
    readValue(option.schema, text, '', problems)
    for (const { message, got: shown, hint } of problems) {
      const more = typeof value === 'number' ? { got: source, hint } : { got: shown, hint }
      this.refuse(node.at, key, message, more)
    }
    if (problems.length > 0) return undefined
    return isHeader ? this.#checkHeader(node, text) : text
  }

  /** Files are shared, so they must not contain the values of headers that may be secret. */
  #checkHeader({ at }: FileNode, text: string): string | undefined {
    const header = parseHeader(text, [])
    if (!header || header.variable !== undefined || isPublicHeader(header.name)) return text
    return this.refuse(at, options.headers.name, 'must get its value from an environment variable', {
      got: `${header.name}: ...`,
      hint: `Write "${header.name}: @VARIABLE": scenario files must not contain secrets.`,
    })
  }
}

/** What a schema expects, in the words of its error. */
export function expectationOf(error: z.ZodError | undefined): string {
  return error?.issues[0]?.message ?? 'must be text'
}

/** A value as an error shows it. */
export function sourceOf(node: FileNode): string {
  if (node.kind !== 'scalar') return `a ${node.kind}`
  if (typeof node.value === 'string') return quoted(node.value)
  return node.source === '' ? 'nothing' : node.source
}

export function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 79)}…` : text)
}
