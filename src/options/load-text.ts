/** The texts of durations, rates, stages and phases, as flags and files spell them. */
import type { Problem } from '../base/errors.ts'
import { nearest } from '../base/nearest.ts'
import { type arrivalKinds, type LoadPhase, phaseNamePattern, type Shape, type Stage } from '../model/phase.ts'
import { formatDuration, formatRate } from '../model/phase-text.ts'

/** Limits of the numbers of a load. */
export const loadLimits = {
  streams: 100_000,
  total: 10_000_000,
  perS: 100_000,
  durationS: 7 * 24 * 3600,
  stages: 100,
  phases: 20,
} as const

/** Reads a value; undefined, with a problem added, if it is invalid. */
type Parser<T> = (text: string, problems: Problem[]) => T | undefined

const secondsPer = { ms: 0.001, s: 1, m: 60, h: 3600 } as const
const decimal = String.raw`\d{1,9}(?:\.\d{1,6})?`
const durationPattern = new RegExp(`^(${decimal})(ms|s|m|h)$`)
const ratePattern = new RegExp(`^(${decimal})/(s|m|h)$`)
const stagePattern = new RegExp(`^([^:]*):(${decimal}|${decimal}/[smh])$`)

/** Reads a duration such as `500ms`, `30s`, `5m` or `1h`, in s. */
export const parseDuration: Parser<number> = (text, problems) => {
  const durationS = durationIn(text)
  if (durationS !== undefined && durationS >= 0.001 && durationS <= loadLimits.durationS) return durationS
  problems.push(invalid(text, 'must be a duration from 1ms to 168h, such as 500ms, 30s, 5m or 1h'))
  return undefined
}

function durationIn(text: string): number | undefined {
  const [, number, unit] = durationPattern.exec(text) ?? []
  return number === undefined ? undefined : rounded(Number(number) * secondsPer[unit as keyof typeof secondsPer])
}

/** Reads a rate such as `50/s` or `30/m`, in starts per second. */
export const parseRate: Parser<number> = (text, problems) => {
  const perS = rateIn(text)
  if (perS !== undefined && perS > 0 && perS <= loadLimits.perS) return perS
  problems.push(invalid(text, `must be a rate up to ${loadLimits.perS}/s, such as 50/s or 30/m`))
  return undefined
}

function rateIn(text: string): number | undefined {
  const [, number, unit] = ratePattern.exec(text) ?? []
  return number === undefined ? undefined : Number(number) / secondsPer[unit as keyof typeof secondsPer]
}

/** Stages, and whether their targets are rates. */
export interface Stages {
  readonly stages: readonly Stage[]
  readonly isRate: boolean
}

/** Reads stages such as `30s:100,1m:500` (streams) or `30s:50/s,1m:50/s` (starts per second). */
export const parseStages: Parser<Stages> = (text, problems) => {
  const parts = text.split(',', loadLimits.stages + 1).map((part) => stagePattern.exec(part))
  const read = parts.map((match) => {
    const [, duration = '', target = ''] = match ?? []
    return { durationS: /^0(ms|s|m|h)?$/.test(duration) ? 0 : durationIn(duration), target, rate: rateIn(target) }
  })
  const rates = read.filter(({ rate }) => rate !== undefined).length
  const stages = read.map(({ durationS = Number.NaN, target, rate }) => ({ durationS, target: rate ?? Number(target) }))
  const totalS = stages.reduce((sum, { durationS }) => sum + durationS, 0)
  const isRate = rates > 0
  const most = isRate ? loadLimits.perS : loadLimits.streams
  const message = parts.includes(null)
    ? 'must be stages DURATION:TARGET, separated by commas, such as 30s:100,1m:500 (streams) or 30s:50/s (a rate)'
    : Number.isNaN(totalS)
      ? 'has a stage without a duration such as 30s'
      : stages.length > loadLimits.stages
        ? `must have at most ${loadLimits.stages} stages`
        : rates > 0 && rates < stages.length
          ? 'must have streams or rates as targets, not both'
          : !(totalS > 0 && totalS <= loadLimits.durationS)
            ? 'must last from 1ms to 168h in total'
            : stages.some(({ target }) => target > most)
              ? `must have targets of at most ${most}${isRate ? '/s' : ''}`
              : !isRate && stages.some(({ target }) => !Number.isInteger(target))
                ? 'must have whole numbers of streams as targets'
                : stages.every(({ target }) => target === 0)
                  ? 'must have a target above 0'
                  : undefined
  if (message === undefined) return { stages, isRate }
  problems.push(invalid(text, message))
  return undefined
}

/** The settings of a phase, before it is known whether they go together. */
export interface PhaseSettings {
  readonly shape?: Shape
  readonly streams?: number
  readonly rampMs?: number
  readonly total?: number
  readonly rate?: number
  readonly stages?: Stages
  readonly durationS?: number
  readonly arrivals?: (typeof arrivalKinds)[number]
  readonly maxStreams?: number
  readonly excluded?: boolean
}

/** A member of the settings: what a flag, or a key of `--phase`, sets. */
export type PhaseSetting = keyof PhaseSettings

/** How a setting is spelled, as a key of `--phase` and as a flag. */
export const settingNames: Readonly<Record<PhaseSetting, string>> = {
  shape: 'shape',
  streams: 'streams',
  rampMs: 'ramp-ms',
  total: 'total',
  rate: 'rate',
  stages: 'stages',
  durationS: 'duration',
  arrivals: 'arrivals',
  maxStreams: 'max-streams',
  excluded: 'excluded',
}

/** A phase as `--phase` names it: its settings, read by the schemas of their flags. */
export interface NamedPhase extends PhaseSettings {
  readonly name: string
}

/** The settings of `--phase`, each with the parser of its value. */
export type SettingParsers = { readonly [K in PhaseSetting]-?: Parser<NonNullable<PhaseSettings[K]>> }

/** Returns the parser of `NAME: key=value, ...`. A part without `=` belongs to the value before it: stages contain commas. */
export function phaseParser(parsers: SettingParsers): Parser<NamedPhase> {
  const settings = Object.keys(settingNames) as PhaseSetting[]
  const keys = Object.values(settingNames)
  return (text, problems) => {
    const at = text.indexOf(':')
    const name = text.slice(0, Math.max(0, at)).trim()
    const known = problems.length
    if (at < 0 || !phaseNamePattern.test(name)) {
      const form = "must be 'NAME: key=value, ...', with a name of lower-case letters, digits and dashes"
      problems.push(invalid(text, `${form}, such as 'warm-up: streams=10, duration=30s'`))
      return undefined
    }
    const read: Record<string, unknown> = { name }
    for (const [key, value] of pairsIn(text.slice(at + 1))) {
      const setting = settings.find((candidate) => settingNames[candidate] === key)
      const where = `in phase ${name}, ${key}`
      if (setting === undefined) {
        const near = nearest(key, keys)
        const hint = near ? `Did you mean ${near}?` : `Use ${keys.join(', ')}.`
        problems.push({ where: '', message: `${where} is not a setting of a phase`, got: JSON.stringify(text), hint })
      } else if (setting in read) {
        problems.push(invalid(text, `${where} is set twice`))
      } else {
        const own: Problem[] = []
        read[setting] = parsers[setting](value, own)
        for (const { message, hint } of own)
          problems.push({ where: '', message: `${where} ${message}`, got: JSON.stringify(value), hint })
      }
    }
    return problems.length > known ? undefined : (read as unknown as NamedPhase)
  }
}

/** The pairs of `key=value, ...`. A part without `=` belongs to the value before it. */
export function pairsIn(text: string): readonly (readonly [key: string, value: string])[] {
  const pairs: [string, string][] = []
  for (const part of text.split(',')) {
    const at = part.indexOf('=')
    const last = pairs.at(-1)
    if (at >= 0) pairs.push([part.slice(0, at).trim(), part.slice(at + 1).trim()])
    else if (last && part.trim() !== '') last[1] += `,${part.trim()}`
    else pairs.push([part.trim(), ''])
  }
  return pairs
}

/** A phase as `--phase` reads it, without spaces. */
export function formatPhase(phase: LoadPhase): string {
  const { name, shape, streams, rampMs, total, rate, stages, durationS, arrivals, maxStreams, excluded } = phase
  const target = (value: number) => (shape === 'ramping-arrival-rate' ? formatRate(value) : `${value}`)
  const values: Readonly<Record<PhaseSetting, string | number | undefined>> = {
    shape,
    streams,
    rampMs,
    total,
    rate: rate === undefined ? undefined : formatRate(rate),
    stages: stages?.map((stage) => `${formatDuration(stage.durationS)}:${target(stage.target)}`).join(','),
    durationS: durationS === undefined ? undefined : formatDuration(durationS),
    arrivals,
    maxStreams,
    excluded: excluded && 'true',
  }
  const pairs = Object.entries(values).flatMap(([setting, value]) =>
    value === undefined ? [] : [`${settingNames[setting as PhaseSetting]}=${value}`],
  )
  return `${name}:${pairs.join(',')}`
}

function invalid(text: string, message: string): Problem {
  return { where: '', message, got: JSON.stringify(text) }
}

/** Without the error of a multiplication such as 1.1 * 60. */
function rounded(value: number): number {
  return Number(value.toPrecision(12))
}
