import { z } from 'zod'
import type { Problem } from '../base/errors.ts'
import { accepting, count, oneOf } from '../base/values.ts'
import { maxWorkers, type WorkerCount } from '../host/workers.ts'
import { withoutSecrets } from '../process/secrets.ts'

/** The commands that take flags of the table. */
export type FlagCommand =
  | 'run'
  | 'stress'
  | 'report'
  | 'merge'
  | 'compare'
  | 'capacity'
  | 'conform'
  | 'check'
  | 'mock'
  | 'gateway'
  | 'proxy'
  | 'cleanup'

/** Headings of `--help`, `docs/flags.md` and `.env.example`, in this order. */
export const groups = [
  'Load',
  'Scenario',
  'Gateway',
  'Container limits',
  'Topology',
  'Wire faults',
  'Measurement',
  'Rounds',
  'Thresholds',
  'Search',
  'Server',
  'Matrix',
  'Check',
  'Comparison',
  'Output',
  'Base images',
] as const
/** One of `groups`. */
type Group = (typeof groups)[number]

/** How an option differs for one command. */
interface Difference {
  readonly default?: string
  readonly help?: string
  readonly unset?: string
}

/**
 * One option: the only place where its name, default, bounds and help are written. It can be a flag, an environment variable of
 * the compose files, a member of the library's `ScenarioOptions`, or all three.
 */
export interface Option {
  /** Flag without its dashes. Absent: not a flag. */
  readonly name?: string
  /** Commands that take the flag. */
  readonly commands?: readonly FlagCommand[]
  /** Why scenario files must not contain the flag, as the end of a sentence: `names a file to write`. Absent: it is a key of them. */
  readonly outsideFiles?: string
  /** Whether the option is a member of the library's `ScenarioOptions`, under its key in the table. */
  readonly inScenario?: true
  /** Environment variable of the compose files. Absent: none. */
  readonly env?: string
  /** Unit of the value, such as `ms`. */
  readonly unit?: string
  /** As text. Absent: the option is optional. */
  readonly default?: string
  /** What happens if the option is not set, in words, such as `testcontainers: 1`. */
  readonly unset?: string
  /** Reads one value from text. */
  readonly schema: z.ZodType<unknown, string>
  /** `list`: may be repeated. `switch`: takes no value. Absent: exactly one value. */
  readonly kind?: 'list' | 'switch'
  /** Whether commas separate values of a list too. */
  readonly hasCommas?: true
  readonly group: Group
  /** One capitalised imperative or noun phrase, without default and unit. */
  readonly help: string
  readonly differs?: Readonly<Partial<Record<FlagCommand, Difference>>>
  /** How the environment variable differs from the flag. */
  readonly variable?: {
    readonly default?: string
    readonly unset?: string
    readonly unit?: string
    readonly schema?: z.ZodType<unknown, string>
    readonly help?: string
  }
}

/** The schema of a switch: set or not. */
export const toggle: z.ZodType<boolean, string> = accepting(
  z.string().transform((input) => input !== ''),
  { type: 'switch' },
)

/** `true` or `false`. */
export const yesOrNo: z.ZodType<boolean, string> = accepting(
  oneOf(['true', 'false']).transform((input) => input === 'true'),
  { type: 'choice', values: 'true, false' },
)

/** A number of workers, or `auto`. */
export const autoOrCount: z.ZodType<WorkerCount, string> = accepting(
  z.string('must be auto or a number').transform((input, context) => {
    if (input === 'auto') return input
    const parsed = count(1, maxWorkers).safeParse(input)
    if (parsed.success) return parsed.data
    context.addIssue({ code: 'custom', message: `must be auto or a whole number from 1 to ${maxWorkers}` })
    return z.NEVER
  }),
  { type: 'auto or integer', values: `1 to ${maxWorkers}` },
)

/** A schema from a parser that adds to a list of problems. `format` is what the text looks like. */
export function parsedBy<T>(
  parse: (text: string, problems: Problem[]) => T | undefined,
  format: string,
): z.ZodType<T, string> {
  const schema = z.string().transform((input, context): T => {
    const problems: Problem[] = []
    const value = parse(input, problems)
    for (const { message, got, hint } of problems) context.addIssue({ code: 'custom', message, params: { got, hint } })
    return value === undefined ? z.NEVER : value
  })
  return accepting(schema, { type: format })
}

/** A schema from such a parser that keeps the text, so that it is the same in flags, files and the library. */
export function checkedBy(
  parse: (text: string, problems: Problem[]) => unknown,
  format: string,
): z.ZodType<string, string> {
  return parsedBy((text, problems) => (parse(text, problems) === undefined ? undefined : text), format)
}

/** The value of an option, checked. Problems are added to `problems` under the name `where`. */
export function readValue<T>(
  schema: z.ZodType<T, string>,
  value: unknown,
  where: string,
  problems: Problem[],
): T | undefined {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  for (const issue of parsed.error.issues) {
    const params = issue.code === 'custom' ? issue.params : undefined
    const got = withoutSecrets(`${params?.['got'] ?? JSON.stringify(value)}`)
    problems.push({ where, message: issue.message, got, hint: params?.['hint'] })
  }
  return undefined
}

/** Checks a library option like the text of a flag, but rejects text for another type: `5` is a number, `'5'` is not. */
export function readOption<T>(
  schema: z.ZodType<T, string>,
  value: unknown,
  where: string,
  problems: Problem[],
): T | undefined {
  const checked = readValue(schema, String(value), where, problems)
  if (checked === undefined || checked === value) return checked
  problems.push({ where, message: `must be a ${typeof checked}`, got: withoutSecrets(`${JSON.stringify(value)}`) })
  return undefined
}
