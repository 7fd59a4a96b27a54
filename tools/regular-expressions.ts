import { globSync, readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { slowness } from './slow-pattern.ts'

/** A regular expression in a source file. */
interface Found {
  readonly line: number
  readonly source: string
  readonly flags: string
}

/** A comment with this word, at most two lines above a regular expression, says why it is linear for the texts that it gets. */
const excuse = /^\s*\/\/ Linear: \S/

/** The characters and words after which a slash starts a regular expression, not a division. */
const beforeExpression = /(?:^|[(,=:[!&|?{};+*%<>~^-]|\b(?:return|typeof|case|in|of|await|yield))\s*$/

/** What must be skipped to find the regular expressions between them. */
const comment = /\/\/[^\n]*|\/\*[\s\S]*?\*\//y
const string = /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/y
const literal = /\/((?:[^\\/[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+)\/([a-z]*)/y
const dynamic = /new RegExp\(\s*(?:`((?:[^`\\]|\\.)*)`(?:, '([a-z]*)')?\))?/y

/** The regular expressions of a source file. What `new RegExp` gets is known only if it is a template; others have no source. */
export function* regularExpressions(text: string): Generator<Found> {
  const matchAt = (pattern: RegExp, at: number) => {
    pattern.lastIndex = at
    return pattern.exec(text)
  }
  /** For each open template, the number of open braces inside its current `${...}`. */
  const templates: number[] = []
  let isInTemplate = false
  /** The end of the code so far, without comments. */
  let before = ''
  for (let at = text.startsWith('#!') ? text.indexOf('\n') : 0; at < text.length; at++) {
    const char = text[at]
    if (isInTemplate) {
      if (char === '\\') at++
      else if (char === '`') isInTemplate = false
      else if (char === '$' && text[at + 1] === '{') {
        templates.push(0)
        isInTemplate = false
        before = ''
        at++
      }
      continue
    }
    const line = () => text.slice(0, at).split('\n').length
    const skipped = matchAt(comment, at)
    if (skipped) {
      at += skipped[0].length - 1
      continue
    }
    const written = matchAt(string, at)
    const isExpected = beforeExpression.test(before)
    before = `${before}${char}`.slice(-20)
    if (written) at += written[0].length - 1
    else if (char === '`') isInTemplate = true
    else if (char === '{' && templates.length > 0) templates.push((templates.pop() ?? 0) + 1)
    else if (char === '}' && templates.length > 0) {
      const open = templates.pop() ?? 0
      if (open === 0) isInTemplate = true
      else templates.push(open - 1)
    } else if (char === '/' && isExpected) {
      const [all = '', source = '', flags = ''] = matchAt(literal, at) ?? []
      if (all === '') continue
      yield { line: line(), source, flags }
      at += all.length - 1
    } else if (text.startsWith('new RegExp(', at)) {
      const [all = '', template, flags = ''] = matchAt(dynamic, at) ?? []
      // What is inserted is a name.
      const source = template?.replaceAll(/\$\{[^}]*\}/g, 'name').replaceAll('\\\\', '\\') ?? ''
      yield { line: line(), source, flags }
      if (template !== undefined) at += all.length - 1
    }
  }
}

/** What is wrong with the regular expressions of a source file, one line each. */
export function slowPatterns(path: string, text: string): readonly string[] {
  const lines = text.split('\n')
  return [...regularExpressions(text)].flatMap(({ line, source, flags }) => {
    const isExcused = lines.slice(Math.max(0, line - 3), line).some((above) => excuse.test(above))
    const why = source === '' ? 'its source is not known' : slowness(source, flags)
    return why === undefined || isExcused ? [] : [`${path}:${line}: /${source}/${flags}: ${why}`]
  })
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const paths = globSync('src/**/*.ts', { exclude: ['**/*.test.ts'] })
  const slow = paths.flatMap((path) => slowPatterns(path, readFileSync(path, 'utf8')))
  for (const text of slow) process.stderr.write(`${text}\n`)
  if (slow.length > 0) process.exitCode = 1
}
