import { acceptedBy } from '../src/base/values.ts'
import { commands } from '../src/cli/command-line.ts'
import { flagsOf } from '../src/options/flags.ts'
import { groups, type Option } from '../src/options/option.ts'
import { options } from '../src/options/table.ts'
import { code, generatedFrom, markdownTable } from './markdown.ts'

/** An environment variable of the compose files. */
export interface Variable extends Option {
  readonly env: string
  /** Its default; empty if there is none. */
  readonly default: string
  readonly unset?: string
}

/** Every variable of the compose files, by group. */
export const variables: readonly Variable[] = groups.flatMap((group) =>
  Object.values<Option>(options).flatMap((option): Variable[] => {
    const { env, default: preset = '', variable } = option
    if (env === undefined || option.group !== group) return []
    // An unset variable may mean something else than an unset flag, so a flag's text is not used for its variable.
    const unset = variable ? variable.unset : option.name === undefined ? option.unset : undefined
    return [{ ...option, default: preset, ...variable, env, unset }]
  }),
)

const source = 'src/options/table.ts'

/** `docs/flags.md`. */
export function flagsDoc(): string {
  const lines = [
    '# Flags and variables',
    '',
    generatedFrom(source),
    '',
    'Every flag takes exactly one value, unless it is a switch or repeatable. The variables of `run` apply only to the compose files; [.env.example](../.env.example) lists all of them. The Library column shows the name of the scenario option in the library.',
    'On the command line, `run` and `conform` also read `CCR_BIN` (path of the ccr-rust binary), `CCR_SOURCE` (its source folder) and `CCR_MAX_STREAMS` (its limit on streams).',
    '',
    ...Object.entries(commands).flatMap(([name, { describe, operands = [], examples }]) => [
      `## ${name}`,
      '',
      describe,
      '',
      '```sh',
      ...examples.map(([example, description]) => `npx ccr-sse-stress ${example} # ${description}`),
      '```',
      '',
      ...operands.map((operand) => `- ${code(operand.name)}: ${operand.describe}`),
      ...(operands.length > 0 ? [''] : []),
      ...flagTables(name),
    ]),
    '## Library options without a flag',
    '',
    ...markdownTable(
      ['Library', 'Values', 'Default', 'Meaning'],
      Object.entries<Option>(options)
        .filter(([, { inScenario, name }]) => inScenario && name === undefined)
        .map(([key, option]) => [code(key), valuesOf(option), defaultOf(option), option.help]),
    ),
    '',
    '## Other variables',
    '',
    'Variables of the compose files that are not a flag of `run`.',
    '',
    ...markdownTable(
      ['Variable', 'Values', 'Default', 'Meaning'],
      variables
        .filter(({ commands: takers }) => !takers?.includes('run'))
        .map((variable) => [code(variable.env), valuesOf(variable), defaultOf(variable), variable.help]),
    ),
  ]
  return `${lines.join('\n').trimEnd()}\n`
}

function flagTables(command: string): string[] {
  const flags = flagsOf(command)
  return groups.flatMap((group) => {
    const rows = flags
      .filter((flag) => flag.group === group)
      .map((flag) => [
        code(`--${flag.name}`),
        ...(command === 'run' ? [optionalCode(flag.env), optionalCode(flag.inScenario && flag.key)] : []),
        flag.kind === 'list' ? `${valuesOf(flag)}, repeatable` : valuesOf(flag),
        defaultOf(flag),
        flag.help,
      ])
    if (rows.length === 0) return []
    return [
      `**${group}**`,
      '',
      ...markdownTable(
        ['Flag', ...(command === 'run' ? ['Variable', 'Library'] : []), 'Values', 'Default', 'Meaning'],
        rows,
      ),
      '',
    ]
  })
}

function optionalCode(name: string | undefined): string {
  return name === undefined ? '' : code(name)
}

/** Type or unit, and the bounds or choices: `ms, 0 to 3600000`. */
function valuesOf({ schema, unit, kind }: Pick<Option, 'schema' | 'unit' | 'kind'>): string {
  if (kind === 'switch') return 'switch'
  const { type, values } = acceptedBy(schema)
  if (type === 'choice') return values ?? ''
  const shown = unit || (kind === 'list' ? code(type) : type)
  return values === undefined ? shown : `${shown}, ${values}`
}

function defaultOf({ default: preset, unset }: Pick<Option, 'default' | 'unset'>): string {
  const fallback = preset === undefined || preset === '' ? [] : [code(preset)]
  return [...fallback, ...(unset === undefined || unset === '' ? [] : [unset])].join('; ')
}

const width = 120

/** `.env.example`. */
export function envExample(): string {
  const sections = groups.flatMap((group) => {
    const listed = variables.filter((variable) => variable.group === group)
    if (listed.length === 0) return []
    const heading = `# -- ${group} `.padEnd(width, '-')
    return [
      '',
      heading,
      ...listed.flatMap((variable) => [...commentOn(variable), `${variable.env}=${variable.default}`]),
    ]
  })
  return [
    ...wrapComment(
      'Every variable of the compose files with its default. Copy this file to .env and change what you need, or set a variable in the environment, which overrides .env. An empty value means the default.',
    ),
    `# Generated from ${source} by \`npm run generate\`. Do not edit.`,
    ...sections,
    '',
  ].join('\n')
}

function commentOn({ help, unit, schema, kind, unset }: Variable): string[] {
  const { values } = acceptedBy(schema)
  const notes = kind === 'switch' ? '1: yes, empty: no' : [unit, values].filter(Boolean).join(', ')
  const note = notes === '' ? '' : ` [${notes}]`
  return [...wrapComment(`${help}${note}`), ...(unset ? wrapComment(`Empty: ${unset}.`) : [])]
}

function wrapComment(text: string): string[] {
  const lines = ['#']
  for (const part of text.split(' ')) {
    if (`${lines.at(-1)} ${part}`.length > width) lines.push('#')
    lines[lines.length - 1] += ` ${part}`
  }
  return lines
}
