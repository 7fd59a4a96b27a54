import { counted } from '../base/format.ts'
import { type LoadPhase, phasesOf } from './phase.ts'

const secondsPer = { h: 3600, m: 60, s: 1 } as const

/** A duration as flags spell it, such as `5m` or `500ms`. */
export function formatDuration(durationS: number): string {
  const unit = (['h', 'm'] as const).find((name) => durationS > 0 && isWhole(durationS / secondsPer[name]))
  if (unit) return `${rounded(durationS / secondsPer[unit])}${unit}`
  return durationS === 0 || durationS >= 1 ? `${rounded(durationS)}s` : `${rounded(durationS * 1000)}ms`
}

/** A rate as flags spell it, such as `50/s` or `30/m`. */
export function formatRate(perS: number): string {
  const unit = (['s', 'm', 'h'] as const).find((name) => isWhole(perS * secondsPer[name])) ?? 's'
  return `${rounded(perS * secondsPer[unit])}/${unit}`
}

/** A phase in words: `constant-arrival-rate, 50/s for 5m`. */
export function phaseText(phase: LoadPhase): string {
  const { shape, streams = 0, rampMs = 0, total, rate, stages = [], durationS, arrivals, maxStreams } = phase
  const target = (value: number) => (shape === 'ramping-arrival-rate' ? formatRate(value) : `${value}`)
  return [
    shape,
    ...(shape === 'burst' ? [counted(streams, 'stream')] : []),
    ...(shape === 'constant-streams' ? [`${counted(streams, 'stream')} open`] : []),
    ...(shape === 'constant-arrival-rate' ? [formatRate(rate ?? 0)] : []),
    ...(shape === 'ramping-arrival-rate' && rate !== undefined ? [`from ${formatRate(rate)}`] : []),
    ...stages.map((stage) => `to ${target(stage.target)} in ${formatDuration(stage.durationS)}`),
    ...(durationS === undefined ? [] : [`for ${formatDuration(durationS)}`]),
    ...(total === undefined ? [] : [`at most ${counted(total, 'start')}`]),
    ...(rampMs > 0 ? [`ramp ${rampMs} ms`] : []),
    ...(arrivals === 'poisson' ? ['Poisson arrivals'] : []),
    ...(maxStreams === undefined ? [] : [`at most ${maxStreams} open`]),
  ].join(', ')
}

/** What a load does, in words, phase by phase. */
export function loadText({ streams, rampMs, phases }: Parameters<typeof phasesOf>[0]): string {
  const [first, ...others] = phases ?? []
  if (!first) return counted(streams, 'stream')
  if (others.length === 0) return phaseText(first)
  return counted(phasesOf({ streams, rampMs, phases }).length, 'phase')
}

/** Without the error of a multiplication such as 1.1 * 60. */
function rounded(value: number): number {
  return Number(value.toPrecision(12))
}

function isWhole(value: number): boolean {
  return Number.isInteger(rounded(value))
}
