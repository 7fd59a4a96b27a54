/** A set of characters, as one bit for each character of `alphabet`. */
type Chars = bigint

/** The characters by which patterns are compared: Latin, and some of those that break lines or are beyond it. */
const alphabet: readonly string[] = [
  ...Array.from({ length: 0x180 }, (_, code) => String.fromCharCode(code)),
  ...['\u2026', '\u2028', '\u6f22', '\ud800'],
]
const every: Chars = (1n << BigInt(alphabet.length)) - 1n

/**
 * A part of a pattern. `chars`: what it can consist of. `look` matches no character, but may fail: always inside a text that lacks
 * one of the sets in `needs`.
 */
type Node =
  | { readonly kind: 'char'; readonly chars: Chars }
  | { readonly kind: 'look'; readonly needs: readonly Chars[] }
  | { readonly kind: 'group'; readonly branches: readonly (readonly Node[])[] }
  | { readonly kind: 'loop'; readonly body: Node; readonly min: number; readonly max: number }

/** Repetitions of at most so many characters cost a constant factor. */
const maxBounded = 100

/**
 * Why a regular expression may take more than linear time; undefined if it does not. Two repetitions that can share a text make it
 * quadratic, or exponential if one is inside the other. A search tries each start, which is a repetition of any character.
 */
export function slowness(source: string, flags: string): string | undefined {
  const nodes = parse(source, flags)
  const isSearch = !flags.includes('y')
  const start: Node = { kind: 'loop', body: { kind: 'char', chars: every }, min: 0, max: Number.POSITIVE_INFINITY }
  return slowIn([], isSearch ? [start, ...nodes] : nodes, [])
}

/** `before` and `after`: what is around the sequence. */
function slowIn(before: readonly Node[], nodes: readonly Node[], after: readonly Node[]): string | undefined {
  for (const [index, node] of nodes.entries()) {
    const earlier = [...before, ...nodes.slice(0, index)]
    const rest = [...nodes.slice(index + 1), ...after]
    if (node.kind === 'group') {
      for (const branch of node.branches) {
        const why = slowIn(earlier, branch, rest)
        if (why !== undefined) return why
      }
    } else if (node.kind === 'loop') {
      const why = isUnbounded(node) ? slowLoop(earlier, node, rest) : slowIn(earlier, [node.body], rest)
      if (why !== undefined) return why
    }
  }
  return slowPairs(before, nodes, after)
}

function isUnbounded({ max }: Extract<Node, { kind: 'loop' }>): boolean {
  return max > maxBounded
}

function slowLoop(
  before: readonly Node[],
  { body }: Extract<Node, { kind: 'loop' }>,
  rest: readonly Node[],
): string | undefined {
  if (canBeEmpty(body)) return 'it repeats a part that can be empty'
  // Each iteration of the loop follows another.
  const inner = slowIn(before, body.kind === 'char' ? [] : [body, body], rest)
  if (inner !== undefined) return inner
  if (body.kind !== 'group') return undefined
  const starts = body.branches.map(firstChars)
  const isAmbiguous = starts.some((chars, at) => starts.slice(at + 1).some((other) => (chars & other) !== 0n))
  return isAmbiguous ? 'it repeats alternatives that can start with the same character' : undefined
}

/** Whether two repetitions, one of them in `before` or `nodes` and a later one in `nodes`, can share a text. */
function slowPairs(before: readonly Node[], nodes: readonly Node[], after: readonly Node[]): string | undefined {
  const earlier = before.flatMap(flat)
  const all = [...earlier, ...nodes.flatMap(flat)]
  for (const [at, first] of all.entries()) {
    if (first.kind !== 'loop' || !isUnbounded(first)) continue
    for (const [offset, second] of all.slice(at + 1).entries()) {
      if (at + 1 + offset < earlier.length || second.kind !== 'loop' || !isUnbounded(second)) continue
      const shared = allChars(first) & allChars(second)
      if (!canBeWithin(first.body, shared) || !canBeWithin(second.body, shared)) continue
      const between = all.slice(at + 1, at + 1 + offset)
      const isPassable = between.every((node) => canBeWithin(node, shared))
      const rest = [...all.slice(at + 2 + offset), ...after]
      if (isPassable && rest.some((node) => !cannotFail(node)))
        return at === 0 && first.max === Number.POSITIVE_INFINITY && allChars(first) === every
          ? 'a search restarts at each character of its first repetition (anchor it, or limit the repetition)'
          : 'two of its repetitions can match the same text'
    }
  }
  return undefined
}

/** The nodes of a group with one branch, in place of the group. */
function flat(node: Node): readonly Node[] {
  if (node.kind === 'group' && node.branches.length === 1) return (node.branches[0] ?? []).flatMap(flat)
  if (node.kind === 'loop' && node.min === 1 && node.max === 1) return flat(node.body)
  return [node]
}

function allChars(node: Node): Chars {
  switch (node.kind) {
    case 'char':
      return node.chars
    case 'look':
      return 0n
    case 'group':
      return node.branches.flat().reduce((chars, inner) => chars | allChars(inner), 0n)
    case 'loop':
      return allChars(node.body)
  }
}

function firstChars(nodes: readonly Node[]): Chars {
  let chars = 0n
  for (const node of nodes) {
    if (node.kind === 'char') chars |= node.chars
    else if (node.kind === 'group') for (const branch of node.branches) chars |= firstChars(branch)
    else if (node.kind === 'loop') chars |= firstChars([node.body])
    if (!canBeEmpty(node)) break
  }
  return chars
}

/** Whether a node can match no character. */
function canBeEmpty(node: Node): boolean {
  if (node.kind === 'char') return false
  if (node.kind === 'look') return true
  if (node.kind === 'group') return node.branches.some((branch) => branch.every(canBeEmpty))
  return node.min === 0 || canBeEmpty(node.body)
}

/** Whether a node can match inside a text of these characters. */
function canBeWithin(node: Node, chars: Chars): boolean {
  if (node.kind === 'look') return node.needs.every((needed) => (needed & chars) !== 0n)
  if (node.kind === 'char') return (node.chars & chars) !== 0n
  if (node.kind === 'loop') return node.min === 0 || canBeWithin(node.body, chars)
  return node.branches.some((branch) => branch.every((inner) => canBeWithin(inner, chars)))
}

function cannotFail(node: Node): boolean {
  return node.kind !== 'look' && canBeEmpty(node)
}

/** The characters that a class, an escape or a character matches. */
function charsOf(text: string, flags: string): Chars {
  const pattern = new RegExp(`^(?:${text})$`, flags.replace(/[gymd]/g, ''))
  let chars = 0n
  for (const [at, char] of alphabet.entries()) if (pattern.test(char)) chars |= 1n << BigInt(at)
  return chars
}

const atom = /\[(?:[^\]\\]|\\.)*\]|\\[pP]\{[^}]*\}|\\u\{[^}]*\}|\\u[\da-fA-F]{4}|\\x[\da-fA-F]{2}|\\.|./sy
const quantifier = /(?:([*+?])|\{(\d+)(,?)(\d*)\})\??/y

function parse(source: string, flags: string): readonly Node[] {
  let at = 0
  const take = (pattern: RegExp) => {
    pattern.lastIndex = at
    const match = pattern.exec(source)
    if (match) at += match[0].length
    return match
  }
  const branches = (): Node => {
    const all: Node[][] = [[]]
    while (at < source.length && source[at] !== ')') {
      if (source[at] === '|') {
        at++
        all.push([])
      } else all.at(-1)?.push(term())
    }
    at++
    return { kind: 'group', branches: all }
  }
  const term = (): Node => {
    const node = single()
    const [all, sign, min, comma, max] = take(quantifier) ?? []
    if (all === undefined || node.kind === 'look') return node
    const from = sign === undefined ? Number(min) : sign === '+' ? 1 : 0
    const most = comma === '' ? Number(min) : max === '' ? Number.POSITIVE_INFINITY : Number(max)
    const to = sign === undefined ? most : sign === '?' ? 1 : Number.POSITIVE_INFINITY
    return { kind: 'loop', body: node, min: from, max: to }
  }
  const single = (): Node => {
    const look = take(/\(\?<?[=!]/y)
    if (look) {
      branches()
      return { kind: 'look', needs: [] }
    }
    if (take(/\((?:\?(?::|<\w+>))?/y)) return branches()
    // Only a line feed can be before the start of a line, and nothing before the start of a text.
    if (take(/\^/y)) return { kind: 'look', needs: [flags.includes('m') ? charsOf('\\n', '') : 0n] }
    if (take(/\\b/y)) return { kind: 'look', needs: [charsOf('\\w', ''), charsOf('\\W', '')] }
    if (take(/\$|\\B/y)) return { kind: 'look', needs: [] }
    return { kind: 'char', chars: charsOf((take(atom) ?? [''])[0], flags) }
  }
  const nodes: Node[] = []
  while (at < source.length) nodes.push(branches())
  return nodes
}
