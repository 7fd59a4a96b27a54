import { stringify } from 'yaml'
import { acceptedBy } from '../base/values.ts'
import { formatKind } from '../model/mix-text.ts'
import type { Scenario } from '../model/scenario.ts'
import type { Flag, Values } from './flags.ts'
import { formatPhase, settingNames } from './load-text.ts'
import { isPublicHeader, parseHeader } from './request-headers.ts'
import { fileVersion, keyFlags } from './scenario-keys.ts'
import { options } from './table.ts'

/** The scenario that flags and file result in. */
export interface EffectiveScenario {
  readonly values: Values<'run'>
  /** The texts of the flags, as far as they are set. */
  readonly texts: Readonly<Record<string, unknown>>
  readonly scenario: Scenario
  readonly description?: string
}

/** Keys that are printed as the scenario has them, and not as the user wrote them. */
const loadKeys: ReadonlySet<string> = new Set([
  ...Object.values(settingNames),
  options.phases.name,
  options.thresholds.name,
  options.mix.name,
])

/**
 * The scenario as a file that gives the same scenario when it is read. Headers whose value is not in an environment variable are
 * secrets, so only their names are in it, as a comment. `schema` is the path of the JSON Schema.
 */
export function scenarioYaml({ values, texts, scenario, description }: EffectiveScenario, schema: string): string {
  const { phases, mix, thresholds = [], name } = scenario
  const file: Record<string, unknown> = {
    version: fileVersion,
    ...(name !== undefined && { name }),
    ...(description !== undefined && { description }),
    ...(phases
      ? { phases: phases.map((phase) => partMap(formatPhase(phase))) }
      : { [options.streams.name]: values.streams, [options.rampMs.name]: values.rampMs }),
    ...(mix && { [options.mix.name]: mix.map((kind) => partMap(formatKind(kind))) }),
  }
  const hidden: string[] = []
  for (const flag of keyFlags()) {
    if (loadKeys.has(flag.name)) continue
    const value = keyValue(flag, texts, values, hidden)
    if (value !== undefined) file[flag.name] = value
  }
  if (thresholds.length > 0) file['thresholds'] = thresholds
  return [
    `# yaml-language-server: $schema=${schema}\n`,
    stringify(file, { lineWidth: 0 }),
    ...hidden.map((header) => `# The value of the header ${header} is not printed: pass it with --header.\n`),
  ].join('')
}

function keyValue(
  { name, key, kind, hasCommas, schema, default: preset }: Flag,
  texts: Readonly<Record<string, unknown>>,
  values: Values<'run'>,
  hidden: string[],
): unknown {
  // An installed gateway has other defaults than the table; several gateways may have different ones.
  if (name === options.protocol.name || name === options.model.name)
    return values.gateways.length > 1 ? texts[name] : values[key as 'protocol' | 'model']
  const text = texts[name] ?? preset
  if (kind === 'switch') return values[key as 'noBaseline'] || undefined
  if (text === undefined) return undefined
  if (kind === 'list') {
    const inputs = [text as string | readonly string[]].flat()
    const list = hasCommas ? inputs.flatMap((input) => input.split(',')) : inputs
    const shown = name === options.headers.name ? list.filter((header) => isShown(header, hidden)) : list
    return shown.length > 0 ? shown : undefined
  }
  const { type } = acceptedBy(schema)
  const isNumber = type === 'integer' || type === 'number' || (type === 'auto or integer' && text !== 'auto')
  return isNumber ? Number(text) : text
}

function isShown(text: string, hidden: string[]): boolean {
  const header = parseHeader(text, [])
  if (header && (header.variable !== undefined || isPublicHeader(header.name))) return true
  hidden.push(header?.name ?? '')
  return false
}

/** `NAME:key=value,...` as a map of a scenario file. Values may contain commas, but no `=`. */
function partMap(text: string): Readonly<Record<string, unknown>> {
  const at = text.indexOf(':')
  const pairs = text
    .slice(at + 1)
    .split(/,(?=[a-z-]+=)/)
    .map((pair): [string, unknown] => {
      const [key = '', value = ''] = pair.split('=')
      if (key === settingNames.stages) return [key, value.split(',')]
      if (key === settingNames.excluded) return [key, true]
      return [key, /^\d+(\.\d+)?$/.test(value) ? Number(value) : value]
    })
  return { name: text.slice(0, at), ...Object.fromEntries(pairs) }
}
