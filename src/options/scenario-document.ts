import {
  type Alias,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Node,
  type Pair,
  Parser,
  parseDocument,
  type Scalar,
} from 'yaml'
import { printable } from '../base/printable.ts'

/** A place in a file; both count from 1. */
export interface Place {
  readonly line: number
  readonly column: number
}

/** A value in a file. */
export type FileNode = MapNode | ListNode | ScalarNode

/** A map. Its keys are texts, and unique. */
export interface MapNode {
  readonly kind: 'map'
  readonly at: Place
  readonly entries: readonly { readonly key: string; readonly keyAt: Place; readonly value: FileNode }[]
}

interface ListNode {
  readonly kind: 'list'
  readonly at: Place
  readonly items: readonly FileNode[]
}

/** A number, text, boolean or null, with its spelling in the file. */
interface ScalarNode {
  readonly kind: 'scalar'
  readonly at: Place
  readonly value: string | number | boolean | null
  readonly source: string
}

/** A mistake in a file. */
export interface FileMistake {
  readonly at: Place
  readonly message: string
  readonly got?: string
  readonly hint?: string
}

/** Limits of a scenario file. */
export const fileLimits = { bytes: 2 ** 20, levels: 32, aliases: 50, tokens: 50_000, values: 20_000 } as const

/** Keys that name members of every object. */
const inheritedKeys = new Set(['__proto__', 'constructor', 'prototype'])

/** The most syntax errors to report: after the first few, most follow from those before. */
const maxSyntaxErrors = 5

const start: Place = { line: 1, column: 1 }

/**
 * Parses YAML 1.2, of which JSON is a part. Tags, directives, merge keys, duplicate keys and keys that are not text are mistakes.
 * Returns the value as far as it can be read; undefined after a syntax error.
 */
export function parseScenarioDocument(text: string, mistakes: FileMistake[]): FileNode | undefined {
  const refuse = (message: string, hint?: string) => {
    mistakes.push({ at: start, message, ...(hint !== undefined && { hint }) })
    return undefined
  }
  if (isTooLong(text)) return refuse(`must have at most ${fileLimits.tokens} keys, values and punctuation marks`)
  if (isTooDeep(text)) return refuse(tooDeep)
  const lineCounter = new LineCounter()
  const document = parseDocument(text, {
    lineCounter,
    prettyErrors: false,
    // With `silent`, it would ignore a second document.
    logLevel: 'error',
    // The library takes quadratic time for this check.
    uniqueKeys: false,
  })
  const placeOf = (offset: number | undefined): Place => {
    const { line, col } = lineCounter.linePos(offset ?? 0)
    return { line, column: col }
  }
  const { errors, directives } = document
  for (const { message, pos } of errors.slice(0, maxSyntaxErrors))
    mistakes.push({ at: placeOf(pos[0]), message: syntaxMessage(message) })
  if (errors.length > 0) return undefined
  if (directives?.yaml.explicit === true || Object.keys(directives?.tags ?? {}).some((handle) => handle !== '!!'))
    return refuse('must not have a directive such as %YAML or %TAG', 'Remove the line.')
  if (document.contents === null) return refuse('is empty', 'See `ccr-sse-stress scenarios` for examples.')
  const reader = new TreeReader(placeOf, mistakes)
  const root = reader.read(document.contents)
  return reader.isOver ? undefined : root
}

const tooDeep = `must have at most ${fileLimits.levels} levels`

/** Reads the nodes of the YAML library, and follows aliases, within the limits. */
class TreeReader {
  readonly #placeOf: (offset: number | undefined) => Place
  readonly #mistakes: FileMistake[]
  /** The node of each anchor so far. */
  readonly #anchors = new Map<string, Node>()
  #aliases = 0
  #values = 0
  /** Whether a limit was exceeded: the rest was not read. */
  isOver = false

  constructor(placeOf: (offset: number | undefined) => Place, mistakes: FileMistake[]) {
    this.#placeOf = placeOf
    this.#mistakes = mistakes
  }

  read(node: Node, level = 1): FileNode | undefined {
    const at = this.#placeOf(node.range?.[0])
    if (this.isOver) return undefined
    if (++this.#values > fileLimits.values)
      return this.#stop(at, `must have at most ${fileLimits.values} values, with those that aliases repeat`)
    if (level > fileLimits.levels) return this.#stop(at, tooDeep)
    if (isAlias(node)) return this.#readAlias(node, at, level)
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, node)
    if (node.tag !== undefined) this.#refuse(at, 'must not have a tag', node.tag)
    if (isMap(node)) {
      const entries = this.#readPairs(node.items as readonly Pair<Node, Node | null>[], level)
      return { kind: 'map', at, entries }
    }
    if (isSeq(node)) {
      const items = node.items.flatMap((item) => this.read(item as Node, level + 1) ?? [])
      return { kind: 'list', at, items }
    }
    return isScalar(node) ? this.#readScalar(node, at) : undefined
  }

  #readAlias({ source }: Alias, at: Place, level: number): FileNode | undefined {
    if (++this.#aliases > fileLimits.aliases)
      return this.#stop(at, `must have at most ${fileLimits.aliases} aliases, with those that aliases repeat`)
    const anchored = this.#anchors.get(source)
    if (!anchored) return this.#refuse(at, 'must have its anchor in a line above', `*${source}`)
    return this.read(anchored, level + 1)
  }

  #readPairs(pairs: readonly Pair<Node, Node | null>[], level: number): MapNode['entries'] {
    const first = new Map<string, Place>()
    return pairs.flatMap(({ key: keyNode, value }) => {
      const keyAt = this.#placeOf(keyNode?.range?.[0])
      const key: unknown = isScalar(keyNode) ? keyNode.value : undefined
      const read =
        value === null ? ({ kind: 'scalar', at: keyAt, value: null, source: '' } as const) : this.read(value, level + 1)
      if (typeof key !== 'string') {
        const got = isScalar(keyNode) ? keyNode.source : undefined
        this.#refuse(keyAt, 'must have text as its key', got)
        return []
      }
      if (isScalar(keyNode) && keyNode.tag !== undefined) this.#refuse(keyAt, 'must not have a tag', keyNode.tag)
      if (isScalar(keyNode) && keyNode.anchor !== undefined) this.#anchors.set(keyNode.anchor, keyNode)
      const before = first.get(key)
      if (before) {
        this.#refuse(keyAt, `must not be set twice: it is also set in line ${before.line}`, key)
        return []
      }
      first.set(key, keyAt)
      if (inheritedKeys.has(key)) {
        this.#refuse(keyAt, 'is not allowed as a key', key)
        return []
      }
      if (key === '<<') {
        this.#refuse(keyAt, 'must not have merge keys', key, 'Write the keys out.')
        return []
      }
      return read ? [{ key, keyAt, value: read }] : []
    })
  }

  #readScalar({ value, source = '' }: Scalar, at: Place): ScalarNode | undefined {
    if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
      return { kind: 'scalar', at, value, source }
    return this.#refuse(at, 'must be text, a number, true or false', source)
  }

  #refuse(at: Place, message: string, got?: string, hint?: string): undefined {
    this.#mistakes.push({
      at,
      message,
      ...(got !== undefined && { got: JSON.stringify(printable(got, 80)) }),
      ...(hint !== undefined && { hint }),
    })
    return undefined
  }

  #stop(at: Place, message: string): undefined {
    this.isOver = true
    return this.#refuse(at, message)
  }
}

/** Whether the text has more tokens than a scenario file may have: parsing takes seconds for a million of them. */
function isTooLong(text: string): boolean {
  let tokens = 0
  for (const _ of new Lexer().lex(text)) if (++tokens > fileLimits.tokens) return true
  return false
}

/** A token of the YAML library, as far as it has others in it. */
interface Nested {
  readonly items?: readonly { readonly key?: Nested | null; readonly value?: Nested }[]
  readonly value?: Nested | string
}

/** Whether the file has too many levels, without recursion: the library would exhaust the stack. */
function isTooDeep(text: string): boolean {
  const left: { readonly token: Nested; readonly level: number }[] = []
  for (const token of new Parser().parse(text)) left.push({ token: token as Nested, level: 0 })
  for (let next = left.pop(); next; next = left.pop()) {
    const { token, level } = next
    if (level > fileLimits.levels) return true
    // A document has its value at the same level.
    if (typeof token.value === 'object') left.push({ token: token.value, level })
    for (const { key, value } of token.items ?? []) {
      if (key) left.push({ token: key, level: level + 1 })
      if (value) left.push({ token: value, level: level + 1 })
    }
  }
  return false
}

/** A message of the YAML library, as the end of a problem. */
function syntaxMessage(message: string): string {
  if (message.startsWith('Source contains multiple documents'))
    return 'must contain one document: remove what follows ---'
  if (message.startsWith('Tabs are not allowed')) return 'is not valid YAML: tabs are not allowed as indentation'
  const hint = message.startsWith('Plain value cannot start') ? '. Put the text in quotes' : ''
  return `is not valid YAML: ${message.charAt(0).toLowerCase()}${printable(message.slice(1), 160)}${hint}`
}
