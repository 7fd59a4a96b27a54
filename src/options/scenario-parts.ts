import type { Problem } from '../base/errors.ts'
import { thresholdText } from '../judge/thresholds/threshold.ts'
import { kindNamePattern } from '../model/mix.ts'
import { kindKeys } from '../model/mix-text.ts'
import { phaseNamePattern } from '../model/phase.ts'
import { settingNames } from './load-text.ts'
import { parseKind } from './mix-text.ts'
import type { Option } from './option.ts'
import type { FileNode, Place } from './scenario-document.ts'
import { expectationOf, quoted, sourceOf, type ValueReader } from './scenario-values.ts'
import { options } from './table.ts'

/** The options that the settings of a phase are read by. */
const phaseOptions: ReadonlyMap<string, Pick<Option, 'schema'>> = new Map<string, Pick<Option, 'schema'>>([
  [settingNames.shape, options.shape],
  [settingNames.streams, options.streams],
  [settingNames.rampMs, options.rampMs],
  [settingNames.total, options.total],
  [settingNames.rate, options.rate],
  [settingNames.stages, options.stages],
  [settingNames.durationS, options.duration],
  [settingNames.arrivals, options.arrivals],
  [settingNames.maxStreams, options.maxStreams],
  // `true` or `false`.
  [settingNames.excluded, options.baseline],
])

/** Stages as text, as a list of texts, or in k6's form: a list of maps with `duration` and `target`. */
export function readStages(reader: ValueReader, node: FileNode): string | undefined {
  const key = settingNames.stages
  const option = options.stages
  if (node.kind !== 'list') return reader.readText(key, option, node)
  const { known } = reader
  const texts = node.items.flatMap((item) => {
    const text = stageText(reader, item)
    if (text === undefined) return []
    // A stage alone may be a pause, or take no time: checked together with one that is valid.
    const checked = option.schema.safeParse(`${text.includes('/') ? '1s:1/s' : '1s:1'},${text}`)
    if (!checked.success) reader.refuse(item.at, key, expectationOf(checked.error), { got: quoted(text) })
    return text
  })
  if (reader.known > known) return undefined
  const text = texts.join(',')
  return reader.readText(key, option, { kind: 'scalar', at: node.at, value: text, source: text })
}

function stageText(reader: ValueReader, node: FileNode): string | undefined {
  const key = settingNames.stages
  if (node.kind === 'scalar' && typeof node.value === 'string') return node.value
  const message = 'must be stages such as 30s:100, or maps with duration and target'
  if (node.kind !== 'map') return reader.refuse(node.at, key, message, { got: sourceOf(node) })
  const members: Record<string, string> = {}
  const names = ['duration', 'target']
  for (const { key: member, keyAt, value } of node.entries) {
    if (!names.includes(member)) reader.refuseKey(keyAt, member, ' of a stage', names, 'Use duration and target.')
    else if (value.kind === 'scalar' && value.value !== null) members[member] = `${value.value}`
  }
  const { duration, target } = members
  if (duration === undefined || target === undefined) return reader.refuse(node.at, key, message)
  return `${duration}:${target}`
}

/** A list of maps, each with a name and settings. */
interface NamedParts {
  /** The key of the file. */
  readonly key: string
  /** What a map describes, such as `phase`. */
  readonly what: string
  /** The option that has the same as texts, `NAME: key=value, ...`. */
  readonly option: Pick<Option, 'schema'>
  readonly namePattern: RegExp
  readonly settings: readonly string[]
  readonly example: string
  readonly readSetting: (key: string, value: FileNode) => string | undefined
}

/** The phases of a file, as `--phase` spells them. */
export function readPhases(reader: ValueReader, node: FileNode, places: Map<string, Place>): readonly string[] {
  return readParts(reader, node, places, {
    key: 'phases',
    what: 'phase',
    option: options.phases,
    namePattern: phaseNamePattern,
    settings: [...phaseOptions.keys()],
    example: '{ name: load, streams: 100 }',
    readSetting: (key, value) =>
      key === settingNames.stages
        ? readStages(reader, value)
        : reader.readText(key, phaseOptions.get(key) as Pick<Option, 'schema'>, value),
  })
}

/** The kinds of streams of a file, as `--mix` spells them. */
export function readKinds(reader: ValueReader, node: FileNode, places: Map<string, Place>): readonly string[] {
  return readParts(reader, node, places, {
    key: options.mix.name,
    what: 'kind',
    option: options.mix,
    namePattern: kindNamePattern,
    settings: Object.values(kindKeys),
    example: '{ name: long, weight: 2, chunks: 200 }',
    readSetting: (key, value) => readKindSetting(reader, key, value),
  })
}

function readKindSetting(reader: ValueReader, key: string, node: FileNode): string | undefined {
  const isValue = node.kind === 'scalar' && (typeof node.value === 'string' || typeof node.value === 'number')
  const text = isValue ? `${node.value}` : ''
  // A part with another `=` would be another setting.
  if (text.includes('=')) return reader.refuse(node.at, key, 'must not contain =', { got: sourceOf(node) })
  const problems: Problem[] = []
  parseKind(`x: ${key}=${text}`, problems)
  const [problem] = problems
  if (!problem && isValue) return text
  const message = problem?.message.replace(/^in kind x, [a-z-]+ /, '') ?? 'must be text or a number'
  return reader.refuse(node.at, key, message, { got: sourceOf(node), hint: problem?.hint })
}

function readParts(
  reader: ValueReader,
  node: FileNode,
  places: Map<string, Place>,
  parts: NamedParts,
): readonly string[] {
  const items = node.kind === 'list' ? node.items : [node]
  if (items.length === 0) {
    reader.refuse(node.at, parts.key, 'must be a list of maps, each with a name', { got: sourceOf(node) })
    return []
  }
  return items.flatMap((item) => readPart(reader, item, places, parts) ?? [])
}

function readPart(
  reader: ValueReader,
  node: FileNode,
  places: Map<string, Place>,
  { key: listKey, what, option, namePattern, settings, example, readSetting }: NamedParts,
): string | undefined {
  if (node.kind === 'scalar' && typeof node.value === 'string') return reader.readText(listKey, option, node)
  if (node.kind !== 'map')
    return reader.refuse(node.at, listKey, `must be a list of maps such as ${example}`, { got: sourceOf(node) })
  const { known } = reader
  const names = [...settings, 'name']
  const pairs = node.entries
    .filter(({ key }) => key !== 'name')
    .map(({ key, keyAt, value }) => {
      if (settings.includes(key)) return `${key}=${readSetting(key, value)}`
      const hint = /^[\d.]+\)$/.test(key) ? 'Put a value with a comma in quotes.' : `Use ${names.join(', ')}.`
      return reader.refuseKey(keyAt, key, ` of a ${what}`, names, hint)
    })
  const named = node.entries.find(({ key }) => key === 'name')?.value
  const name = named?.kind === 'scalar' && typeof named.value === 'string' ? named.value : ''
  if (!named) reader.refuse(node.at, '', `a ${what} needs a name, such as name: ${what === 'phase' ? 'load' : 'chat'}`)
  else if (!namePattern.test(name))
    reader.refuse(named.at, 'name', 'must be 1 to 40 lower-case letters, digits and dashes', { got: sourceOf(named) })
  if (what === 'phase' && pairs.length === 0)
    reader.refuse(node.at, '', `the phase ${name} needs settings such as streams`)
  if (reader.known > known) return undefined
  const place = `${what} ${name}`
  if (!places.has(place)) places.set(place, node.at)
  const text = `${name}: ${pairs.join(', ')}`
  return reader.readText(listKey, option, { kind: 'scalar', at: node.at, value: text, source: text })
}

/** Thresholds in k6's form, by metric, or a list of texts. */
export function readThresholds(reader: ValueReader, node: FileNode): readonly string[] {
  const key = 'thresholds'
  const option = options.thresholds
  if (node.kind !== 'map') {
    const items = node.kind === 'list' ? node.items : [node]
    return items.flatMap((item) => reader.readText(key, option, item) ?? [])
  }
  const message = 'must be text such as "p(99)<250", or a map with threshold, abortOnFail and delayAbortEval'
  return node.entries.flatMap(({ key: metric, value }) => {
    const items = value.kind === 'list' ? value.items : [value]
    return items.flatMap((item) => {
      const { at } = item
      const text = thresholdText(metric, plainOf(item))
      if (text === undefined) return reader.refuse(at, key, message, { got: sourceOf(item) }) ?? []
      return reader.readText(key, option, { kind: 'scalar', at, value: text, source: text }) ?? []
    })
  })
}

/** A value without its places. */
function plainOf(node: FileNode): unknown {
  if (node.kind === 'scalar') return node.value
  if (node.kind === 'list') return node.items.map(plainOf)
  return Object.fromEntries(node.entries.map(({ key, value }) => [key, plainOf(value)]))
}
