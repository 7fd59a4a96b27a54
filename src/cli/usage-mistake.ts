import type { Problem } from '../base/errors.ts'
import { nearest } from '../base/nearest.ts'
import { flagsOf } from '../options/flags.ts'
import type { Option } from '../options/option.ts'
import { options } from '../options/table.ts'
import { withoutSecrets } from '../process/secrets.ts'

/** The flags of any command that take a value. */
const withValue = new Set(
  Object.values<Option>(options).flatMap(({ name, kind }) =>
    name === undefined || kind === 'switch' ? [] : [`--${name}`],
  ),
)

/** The words before `--` that are neither flags nor values of flags: the command and its operands. */
export function operandsIn(words: readonly string[]): readonly string[] {
  return withoutValues(words).filter((text) => !text.startsWith('-'))
}

/** The words before `--` without the values of known flags. */
function withoutValues(words: readonly string[]): readonly string[] {
  const end = words.indexOf('--')
  return (end === -1 ? words : words.slice(0, end)).filter((_, at) => !withValue.has(words[at - 1] ?? ''))
}

/** What yargs found wrong, with the nearest known names. */
export function explainMistake(message: string, words: readonly string[], commands: readonly string[]): Problem {
  const where = 'command line'
  const [first] = operandsIn(words)
  const command = first !== undefined && commands.includes(first) ? first : undefined
  const help = `Run \`ccr-sse-stress ${command ? `${command} ` : ''}--help\`.`
  if (first === undefined) return { where, message: 'a command is missing', hint: help }
  if (command === undefined) {
    const near = nearest(first, commands)
    const shown = first === '' ? '""' : withoutSecrets(first)
    return { where, message: `unknown command: ${shown}`, hint: near ? `Did you mean ${near}?` : help }
  }
  const [, problem, name] = /^(Not enough arguments following|Argument unexpected for): (.+)$/.exec(message) ?? []
  if (problem !== undefined)
    return { where: `--${name}`, message: problem.startsWith('Not') ? 'needs a value' : 'takes no value', hint: help }
  // yargs takes a flag with one dash apart into letters.
  const withOneDash = withoutValues(words).filter((text) => /^-[a-z]/i.test(text))
  const unknown =
    withOneDash.length > 0 ? withOneDash : (/^Unknown arguments?: (.+)$/s.exec(message)?.[1]?.split(', ') ?? [])
  if (unknown.length === 0)
    return { where, message: `${message.charAt(0).toLowerCase()}${message.slice(1)}`, hint: help }
  return explainUnknown(unknown, command, words, commands)
}

/** Arguments that a command does not know: flags, operands, or the parts of a header without quotes. */
function explainUnknown(
  unknown: readonly string[],
  command: string,
  words: readonly string[],
  commands: readonly string[],
): Problem {
  const where = 'command line'
  // The shell splits a header without quotes into words, and the last word may be a key.
  const isSplitHeader =
    words.some((text) => /^--header(?:=|$)/.test(text)) && unknown.some((name) => words.includes(name))
  const typed = unknown.map((name) => (words.includes(name) ? (isSplitHeader ? '[redacted]' : name) : `--${name}`))
  const flags = flagsOf(command).map((flag) => flag.name)
  const near = unknown
    .filter((name) => name.startsWith('-') || !words.includes(name))
    .flatMap((name) => nearest(name.replace(/^-|=.*/gs, ''), flags) ?? [])
    .map((name) => `--${name}`)
  return {
    where,
    message: `unknown argument${typed.length > 1 ? 's' : ''}: ${withoutSecrets(typed.join(', '))}`,
    hint: hintOf(),
  }

  function hintOf(): string {
    if (isSplitHeader) return 'Put a header in quotes: --header "Name: value".'
    if (near.length > 0) return `Did you mean ${near.join(', ')}?`
    if (typed.some((text) => commands.includes(text))) return 'Run one command at a time.'
    const meant = typed.filter((text) => flags.includes(text)).map((text) => `--${text}`)
    return meant.length > 0 ? `Did you mean ${meant.join(', ')}?` : `Run \`ccr-sse-stress ${command} --help\`.`
  }
}
