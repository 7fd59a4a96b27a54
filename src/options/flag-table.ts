import type { Argv, Options } from 'yargs'
import type { z } from 'zod'
import { type Problem, UsageError } from '../base/errors.ts'

/** One flag: what `--help` says of it, and what its text must be. Without a default it is optional. */
interface Flag<T> {
  readonly describe: string
  readonly default?: string
  readonly schema: z.ZodType<T, string>
}

/** A flag that takes no value. */
interface Switch {
  readonly describe: string
  readonly isSwitch: true
}

/** A flag that may be given several times, or not at all. Each text is read by itself, and what is wrong with it is told. */
interface List<T> {
  readonly describe: string
  readonly isList: true
  readonly parse: (text: string, problems: Problem[]) => T | undefined
}

/** Flags by their names. */
export type Table = Readonly<Record<string, Flag<unknown> | Switch | List<unknown>>>

/** The values of a table of flags, checked. */
export type Values<T extends Table> = {
  readonly [K in keyof T]: T[K] extends Switch
    ? boolean
    : T[K] extends List<infer V>
      ? readonly V[]
      : T[K] extends { default: string; schema: z.ZodType<infer V> }
        ? V
        : T[K] extends { schema: z.ZodType<infer V> }
          ? V | undefined
          : never
}

/** Declares a table's flags to yargs; values stay text, as only `readFlags` knows what they must be. */
export function declareFlags(yargs: Argv, table: Table): Argv {
  return yargs.options(
    Object.fromEntries(
      Object.entries(table).map(([name, flag]): [string, Options] => [
        name,
        'isSwitch' in flag
          ? { describe: flag.describe, type: 'boolean', default: false }
          : {
              describe: flag.describe,
              type: 'string',
              requiresArg: true,
              // Told, not set: what a command is given is then known from what it is not. Without the quotes that yargs puts.
              defaultDescription: ('default' in flag && flag.default) || 'none',
            },
      ]),
    ),
  )
}

/** Checks the values that yargs read. Throws a UsageError with every problem there is. */
export function readFlags<T extends Table>(table: T, argv: Readonly<Record<string, unknown>>): Values<T> {
  const problems: Problem[] = []
  const values: Record<string, unknown> = {}
  for (const [name, flag] of Object.entries(table)) {
    const given = argv[name] ?? ('default' in flag ? flag.default : undefined)
    const where = `--${name}`
    if ('isList' in flag) {
      const texts = given === undefined ? [] : [given].flat().map(String)
      const wrong: Problem[] = []
      values[name] = texts.map((text) => flag.parse(text, wrong))
      // The same parser serves several flags.
      problems.push(...wrong.map((problem) => ({ ...problem, where })))
    } else if (Array.isArray(given))
      problems.push({ where, message: 'must be given only once', got: `${given.length} values` })
    else if ('isSwitch' in flag || given === undefined) values[name] = given
    else {
      const parsed = flag.schema.safeParse(given)
      if (parsed.success) values[name] = parsed.data
      else {
        const issue = parsed.error.issues[0]
        const secret = issue?.code === 'custom' && issue.params?.['secret']
        problems.push({
          where,
          message: issue?.message ?? 'must be another value',
          got: secret ? 'a URL with credentials' : JSON.stringify(given),
        })
      }
    }
  }
  if (problems.length > 0) throw new UsageError(problems)
  return values as Values<T>
}
