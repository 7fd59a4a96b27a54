import type { Problem } from '../base/errors.ts'
import { nearest } from '../base/nearest.ts'
import type { Attribute, Direction, Unit } from './toxic.ts'
import { kindOf, type Toxic, type ToxicName, toxicNames } from './toxics.ts'

/** Where a proxy can be placed: in front of the gateway, or between it and the mock. */
export const hops = ['runner-gateway', 'gateway-mock'] as const

/** The place of a proxy. */
export type Hop = (typeof hops)[number]

/** A toxic, and the place of its proxy. */
export interface HopToxic {
  readonly hop: Hop
  readonly toxic: Toxic
}

const directions: readonly Direction[] = ['downstream', 'upstream']
/** Attributes that every toxic has. */
const common = ['stream', 'toxicity'] as const

/** Parses `HOP:NAME=VALUE[,attribute=value...]`; if it is invalid, adds all problems and returns undefined. */
export function parseHopToxic(text: string, problems: Problem[]): HopToxic | undefined {
  const colon = text.indexOf(':')
  const name = text.slice(0, Math.max(0, colon))
  const hop = hops.find((known) => known === name)
  if (hop === undefined)
    problems.push(
      problem(`must be HOP:NAME=VALUE, with HOP ${oneOf(hops)}`, colon < 0 ? text : name, meant(name, hops)),
    )
  const toxic = parseToxic(text.slice(colon + 1), problems)
  return hop && toxic && { hop, toxic }
}

/** Parses `NAME=VALUE[,attribute=value...]`; if it is invalid, adds all problems and returns undefined. */
export function parseToxic(text: string, problems: Problem[]): Toxic | undefined {
  const before = problems.length
  const [[name, value], ...others] = splitPairs(text)
  const type = toxicNames.find((known) => known === name)
  if (type === undefined)
    problems.push(problem(`unknown toxic, must be ${oneOf(toxicNames)}`, name, meant(name, toxicNames)))
  const main = type && kindOf(type).main
  const texts = new Map<string, string>()
  if (main !== undefined) texts.set(main, value)
  const known = type && [...Object.keys(kindOf(type).attributes), ...common]
  for (const [attribute, text] of others) {
    if (texts.has(attribute)) problems.push(problem(`${attribute} can be passed only once`, `${attribute}=${text}`))
    else if (known?.includes(attribute) === false)
      problems.push(problem(`the attributes of ${name} are ${known.join(', ')}`, attribute, meant(attribute, known)))
    else texts.set(attribute, text)
  }
  const stream = readDirection(texts.get('stream'), problems)
  const toxicity = readToxicity(texts.get('toxicity'), problems)
  const attributes = type && readAttributes(type, texts, problems)
  // Without problems, all attributes of the type have been read.
  return problems.length > before ? undefined : ({ type, stream, toxicity, attributes } as Toxic)
}

/** Formats a toxic as `parseToxic` reads it. */
export function formatToxic({ type, stream, toxicity, attributes }: Toxic): string {
  const { main, attributes: table } = kindOf(type)
  const values: Readonly<Record<string, number>> = attributes
  const write = (name: string) => formatQuantity(values[name] as number, (table[name] as Attribute).unit)
  const others = Object.keys(table).filter((name) => name !== main && values[name] !== table[name]?.default)
  return [
    `${type}=${write(main)}`,
    ...others.map((name) => `${name}=${write(name)}`),
    ...(stream === 'downstream' ? [] : [`stream=${stream}`]),
    ...(toxicity === 1 ? [] : [`toxicity=${Number(toxicity.toFixed(6))}`]),
  ].join(',')
}

/** Formats a toxic and its hop as `parseHopToxic` reads them. */
export function formatHopToxic({ hop, toxic }: HopToxic): string {
  return `${hop}:${formatToxic(toxic)}`
}

type Pair = readonly [name: string, value: string]

function splitPairs(text: string): readonly [Pair, ...Pair[]] {
  const pairs = text.split(',').map((pair): Pair => {
    const equals = pair.indexOf('=')
    return equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)]
  })
  return pairs as [Pair, ...Pair[]]
}

function readAttributes(type: ToxicName, texts: ReadonlyMap<string, string>, problems: Problem[]) {
  const { attributes, contradiction } = kindOf(type)
  const before = problems.length
  const values: Record<string, number> = {}
  for (const [name, attribute] of Object.entries(attributes)) {
    const text = texts.get(name)
    const { unit, min, max } = attribute
    const value = text === undefined ? attribute.default : parseQuantity(text, unit)
    if (value !== undefined && value >= min && value <= max) values[name] = value
    else {
      const range = `${formatQuantity(min, unit)} to ${formatQuantity(max, unit)}`
      const value = name === type ? name : `${name} of ${type}`
      problems.push(problem(`${value} must be ${describeQuantity(unit)}, from ${range}`, text ?? ''))
    }
  }
  const wrong = problems.length > before ? undefined : contradiction?.(values)
  if (wrong !== undefined) problems.push(problem(wrong, [...texts].map((pair) => pair.join('=')).join(',')))
  return values
}

function readDirection(text: string | undefined, problems: Problem[]): Direction | undefined {
  if (text === undefined) return 'downstream'
  const stream = directions.find((known) => known === text)
  if (stream === undefined) problems.push(problem(`stream must be ${oneOf(directions)}`, text, meant(text, directions)))
  return stream
}

function readToxicity(text: string | undefined, problems: Problem[]): number | undefined {
  if (text === undefined) return 1
  const share = /^[01](\.\d{1,6})?$/.test(text) ? Number(text) : Number.NaN
  if (share <= 1) return share
  problems.push(problem('toxicity must be a number from 0 to 1 with at most 6 decimals', text))
  return undefined
}

function problem(message: string, got: string, hint?: string): Problem {
  return { where: '--toxic', message, got: JSON.stringify(got), hint }
}

function oneOf(names: readonly string[]): string {
  return `one of ${names.join(', ')}`
}

function meant(got: string, names: readonly string[]): string | undefined {
  const near = nearest(got, names)
  return near === undefined ? undefined : `Did you mean ${near}?`
}

interface Measure {
  readonly example: string
  /** Allowed suffixes, each with the power of ten of its unit relative to the smallest unit. */
  readonly suffixes: Readonly<Record<string, number>>
  /** The power of ten and the suffix of the unit in which values are stored. */
  readonly exponent: number
  readonly suffix: string
}

const time = { example: 'a time such as 20ms, 1.5s or 500us', suffixes: { us: 0, ms: 3, s: 6 } }

const measures: Readonly<Record<Unit, Measure>> = {
  ms: { ...time, exponent: 3, suffix: 'ms' },
  us: { ...time, exponent: 0, suffix: 'us' },
  'KB/s': {
    example: 'a rate such as 64KB/s or 1.5MB/s',
    suffixes: { 'B/s': 0, 'KB/s': 3, 'MB/s': 6 },
    exponent: 3,
    suffix: 'KB/s',
  },
  bytes: {
    example: 'a size such as 100, 10KB or 1.5MB',
    suffixes: { '': 0, B: 0, KB: 3, MB: 6 },
    exponent: 0,
    suffix: '',
  },
}

/** The format of a quantity of this unit. */
function describeQuantity(unit: Unit): string {
  return measures[unit].example
}

/**
 * Parses a duration, rate or size as a number in `unit`; undefined if it is invalid. It must be a whole number of us, B/s or
 * bytes, so that formatting it is lossless. 0 needs no suffix.
 */
function parseQuantity(text: string, unit: Unit): number | undefined {
  const { suffixes, exponent } = measures[unit]
  const [, integer, decimals = '', suffix = ''] = /^(\d{1,13})(?:\.(\d{1,6}))?([a-zA-Z/]*)$/.exec(text) ?? []
  if (integer === undefined) return undefined
  if (text === '0') return 0
  const tens = Object.hasOwn(suffixes, suffix) ? suffixes[suffix] : undefined
  if (tens === undefined || decimals.length > tens) return undefined
  return Number(`${integer}.${decimals}e${tens - exponent}`)
}

/** Formats a number in `unit` as `parseQuantity` reads it, in whole us, B/s or bytes. */
function formatQuantity(value: number, unit: Unit): string {
  const { exponent, suffix } = measures[unit]
  return `${Number(`${Math.round(value * 10 ** exponent)}e-${exponent}`)}${suffix}`
}
