import type { Problem } from '../base/errors.ts'
import { nearest } from '../base/nearest.ts'
import { describeQuantity, formatQuantity, parseQuantity } from './quantity.ts'
import type { Attribute, Stream } from './toxic.ts'
import { kindOf, type Toxic, type ToxicName, toxicNames } from './toxics.ts'

/** Where a proxy can stand: in front of the gateway, or between it and the mock. */
export const hops = ['runner-gateway', 'gateway-mock'] as const

/** A place for a proxy. */
export type Hop = (typeof hops)[number]

/** A toxic, and the proxy that it is for. */
export interface HopToxic {
  readonly hop: Hop
  readonly toxic: Toxic
}

const streams: readonly Stream[] = ['downstream', 'upstream']
/** The attributes of every toxic. */
const common = ['stream', 'toxicity'] as const

/** Reads `HOP:NAME=VALUE[,attribute=value...]`; undefined where something is wrong, all of which is added to `problems`. */
export function parseHopToxic(text: string, problems: Problem[]): HopToxic | undefined {
  const colon = text.indexOf(':')
  const name = text.slice(0, Math.max(0, colon))
  const hop = hops.find((known) => known === name)
  if (hop === undefined)
    problems.push(problem(`must be HOP:NAME=VALUE, HOP being ${oneOf(hops, name)}`, colon < 0 ? text : name))
  const toxic = parseToxic(text.slice(colon + 1), problems)
  return hop && toxic && { hop, toxic }
}

/** Reads `NAME=VALUE[,attribute=value...]`; undefined where something is wrong, all of which is added to `problems`. */
export function parseToxic(text: string, problems: Problem[]): Toxic | undefined {
  const before = problems.length
  const [[name, value], ...others] = splitPairs(text)
  const type = toxicNames.find((known) => known === name)
  if (type === undefined) problems.push(problem(`must be a toxic, ${oneOf(toxicNames, name)}`, name))
  const main = type && kindOf(type).main
  const texts = new Map<string, string>()
  if (main !== undefined) texts.set(main, value)
  const known = type && [...Object.keys(kindOf(type).attributes), ...common]
  for (const [attribute, given] of others) {
    if (texts.has(attribute)) problems.push(problem(`${attribute} must be given only once`, `${attribute}=${given}`))
    else if (known?.includes(attribute) === false)
      problems.push(problem(`an attribute of ${name} must be ${oneOf(known, attribute)}`, attribute))
    else texts.set(attribute, given)
  }
  const stream = readStream(texts.get('stream'), problems)
  const toxicity = readToxicity(texts.get('toxicity'), problems)
  const attributes = type && readAttributes(type, texts, problems)
  // Each attribute of the table has been read, so that it is the type's.
  return problems.length > before ? undefined : ({ type, stream, toxicity, attributes } as Toxic)
}

/** Writes a toxic as `parseToxic` reads it. */
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

/** Writes a toxic and its hop as `parseHopToxic` reads them. */
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

function readStream(text: string | undefined, problems: Problem[]): Stream | undefined {
  if (text === undefined) return 'downstream'
  const stream = streams.find((known) => known === text)
  if (stream === undefined) problems.push(problem(`stream must be ${oneOf(streams, text)}`, text))
  return stream
}

function readToxicity(text: string | undefined, problems: Problem[]): number | undefined {
  if (text === undefined) return 1
  const share = /^[01](\.\d{1,6})?$/.test(text) ? Number(text) : Number.NaN
  if (share <= 1) return share
  problems.push(problem('toxicity must be a number from 0 to 1 with at most 6 decimals', text))
  return undefined
}

function problem(message: string, got: string): Problem {
  return { where: '--toxic', message, got: JSON.stringify(got) }
}

function oneOf(names: readonly string[], got: string): string {
  const meant = nearest(got, names)
  return `one of ${names.join(', ')}${meant === undefined ? '' : ` (did you mean ${meant}?)`}`
}
