import type { Argv } from 'yargs'
import type { z } from 'zod'
import { type Problem, UsageError } from '../base/errors.ts'
import { acceptedBy } from '../base/values.ts'
import { type FlagCommand, groups, type Option, readValue } from './option.ts'
import { options } from './table.ts'

type Table = typeof options

type Taken<O, C extends FlagCommand> = O extends { commands: readonly (infer K)[] } ? (C extends K ? O : never) : never

type ValueOf<O> = O extends { schema: z.ZodType<infer V> }
  ? O extends { kind: 'list' }
    ? readonly V[]
    : O extends { default: string } | { kind: 'switch' }
      ? V
      : V | undefined
  : never

/** The values of a command's flags, checked, by their keys in the table. */
export type Values<C extends FlagCommand> = {
  readonly [K in keyof Table as Taken<Table[K], C> extends never ? never : K]: ValueOf<Table[K]>
}

/** An option as one command has it. */
export type Flag = Option & { readonly key: string; readonly name: string }

/** The flags of a command, by group. */
export function flagsOf(command: string): readonly Flag[] {
  const flags = Object.entries<Option>(options).flatMap(([key, option]): Flag[] => {
    const { name, commands } = option
    const known = commands?.find((taker) => taker === command)
    return name === undefined || known === undefined ? [] : [{ ...option, ...option.differs?.[known], key, name }]
  })
  return flags.sort((a, b) => groups.indexOf(a.group) - groups.indexOf(b.group))
}

/** Declares the flags of a command to yargs. The values stay text, for `readFlags` to check. */
export function declareFlags(yargs: Argv, command: string): Argv {
  for (const flag of flagsOf(command)) {
    const isSwitch = flag.kind === 'switch'
    const description = [flag.help, ...notesOn(flag).map((note) => `[${note}]`)].join(' ')
    // No type: yargs would print its own name for it, and would convert an invalid value, which errors have to quote.
    yargs.option(flag.name, { describe: description, group: `${flag.group}:`, nargs: isSwitch ? 0 : 1 })
  }
  return yargs
}

/** What `--help` prints about a flag's value: unit or type, and the default. */
function notesOn({ kind, hasCommas, unit, schema, default: preset, unset }: Flag): readonly string[] {
  if (kind === 'switch') return []
  const { type, values } = acceptedBy(schema)
  const shown = type === 'choice' ? `choices: ${values}` : (unit ?? type)
  const fallback = [preset, unset].filter((text) => text !== undefined).join('; ')
  return [
    kind === 'list' ? `${shown}, repeatable${hasCommas ? ' or separated by commas' : ''}` : shown,
    ...(fallback === '' ? [] : [preset === undefined ? `if not set: ${fallback}` : `default: ${fallback}`]),
  ]
}

/** Checks the values that yargs read. Throws a UsageError with all problems. */
export function readFlags<C extends FlagCommand>(command: C, argv: Readonly<Record<string, unknown>>): Values<C> {
  const problems: Problem[] = []
  const values: Record<string, unknown> = {}
  for (const flag of flagsOf(command)) {
    const where = `--${flag.name}`
    const input = argv[flag.name]
    if (flag.kind === 'switch') values[flag.key] = input !== undefined && input !== false
    else if (flag.kind === 'list') {
      const inputs = [input ?? flag.default ?? []].flat() as readonly unknown[]
      const texts = flag.hasCommas ? inputs.flatMap((text) => `${text}`.split(',')) : inputs
      values[flag.key] = texts.map((text) => readValue(flag.schema, text, where, problems))
    } else if (Array.isArray(input)) {
      problems.push({ where, message: 'can be passed only once', got: `${input.length} values` })
    } else {
      const value = input ?? flag.default
      values[flag.key] = value === undefined ? undefined : readValue(flag.schema, value, where, problems)
    }
  }
  if (problems.length > 0) throw new UsageError(problems)
  return values as Values<C>
}
