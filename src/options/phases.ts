import type { Problem } from '../base/errors.ts'
import {
  isOpenLoop,
  type LoadPhase,
  mostStreamsOf,
  onlyPhase,
  peakRate,
  plannedSum,
  type Shape,
  streamDurationS,
} from '../model/phase.ts'
import type { Scenario } from '../model/scenario.ts'
import {
  loadLimits,
  type NamedPhase,
  type PhaseSetting,
  type PhaseSettings,
  parseDuration,
  parseRate,
  parseStages,
  settingNames,
} from './load-text.ts'

/** The values of the options that describe a load; those that are texts were checked. */
export interface LoadValues extends Pick<PhaseSettings, 'shape' | 'total' | 'arrivals' | 'maxStreams'> {
  readonly streams: number
  readonly rampMs: number
  readonly rate?: string
  readonly duration?: string
  readonly stages?: string
  readonly phases: readonly NamedPhase[]
  readonly chunks?: number
  readonly delayMs?: number
}

/** How options are spelled: as flags, or as members of the library's options. */
export type Spelling = 'flags' | 'library'

/** What a shape needs and what else it may have. Of `oneOf`, at least one is needed. */
const shapeSettings: Readonly<
  Record<
    Shape,
    {
      readonly needed: readonly PhaseSetting[]
      readonly oneOf?: readonly PhaseSetting[]
      readonly more: readonly PhaseSetting[]
    }
  >
> = {
  burst: { needed: ['streams'], more: ['rampMs'] },
  'constant-streams': { needed: ['streams'], oneOf: ['durationS', 'total'], more: ['rampMs'] },
  'ramping-streams': { needed: ['stages'], more: [] },
  'constant-arrival-rate': { needed: ['rate'], oneOf: ['durationS', 'total'], more: ['arrivals', 'maxStreams'] },
  'ramping-arrival-rate': { needed: ['stages'], more: ['rate', 'arrivals', 'maxStreams'] },
}

const defaultStreams = 100

/** Smallest default of the streams that an open loop may have open at once. */
const minMaxStreams = 1000

/** The members of a scenario that describe its load. */
type Load = Pick<Scenario, 'streams' | 'rampMs' | 'phases'>

/** The load of values without problems. */
export function loadOf(values: LoadValues): Load {
  return planLoad(values, 'flags').load
}

/** Every combination of the values of a load that cannot work. */
export function loadProblems(values: LoadValues, spelling: Spelling): readonly Problem[] {
  return planLoad(values, spelling).problems
}

function planLoad(values: LoadValues, spelling: Spelling): { readonly load: Load; readonly problems: Problem[] } {
  const problems: Problem[] = []
  const phases =
    values.phases.length > 0 ? manyPhases(values, spelling, problems) : onePhase(values, spelling, problems)
  const { streams, rampMs } = values
  if (!phases) return { load: { streams, rampMs }, problems }
  const load = { streams: mostStreamsOf(phases), rampMs: 0, phases }
  if (problems.length === 0) {
    const where = phaseFlag(spelling)
    if (load.streams > loadLimits.streams)
      problems.push({
        where,
        message: `phases have up to ${load.streams} streams open at once (limit ${loadLimits.streams})`,
        hint: 'A phase with a duration may leave streams open to the next one.',
      })
    const starts = plannedSum(phases)
    if (starts > loadLimits.total)
      problems.push({
        where: values.phases.length > 0 ? where : spelled('rate', spelling),
        message: `starts ${Math.ceil(starts)} streams (limit ${loadLimits.total})`,
        hint: 'Use a lower rate or a shorter duration.',
      })
  }
  return { load, problems }
}

/** The phase of single flags; undefined if they are those of a plain burst. */
function onePhase(values: LoadValues, spelling: Spelling, problems: Problem[]): readonly LoadPhase[] | undefined {
  const settings = singleSettings(values)
  const shape = shapeOf(settings)
  const { streams } = values
  const usesStreams = shape === 'burst' || shape === 'constant-streams'
  const complete = usesStreams ? { ...settings, streams } : settings
  const say: Say = (setting, message, hint) => problems.push({ where: spelled(setting, spelling), message, hint })
  check(complete, shape, settings.shape === undefined, (setting) => spelled(setting, spelling), say)
  return shape === 'burst' ? undefined : [phaseOf(onlyPhase, complete, shape, values)]
}

/** The settings that single flags change. */
function singleSettings(values: LoadValues): PhaseSettings {
  const { shape, streams, rampMs, total, rate, stages, duration, arrivals, maxStreams } = values
  const ignored: Problem[] = []
  return {
    shape,
    streams: streams === defaultStreams ? undefined : streams,
    rampMs: rampMs === 0 ? undefined : rampMs,
    total,
    rate: rate === undefined ? undefined : parseRate(rate, ignored),
    stages: stages === undefined ? undefined : parseStages(stages, ignored),
    durationS: duration === undefined ? undefined : parseDuration(duration, ignored),
    arrivals,
    maxStreams,
  }
}

function manyPhases(values: LoadValues, spelling: Spelling, problems: Problem[]): readonly LoadPhase[] {
  const where = phaseFlag(spelling)
  for (const [setting, value] of Object.entries(singleSettings(values)))
    if (value !== undefined)
      problems.push({
        where: spelled(setting as PhaseSetting, spelling),
        message: `cannot be combined with ${where}`,
        hint: `Set ${settingNames[setting as PhaseSetting]} in each phase.`,
      })
  const { phases } = values
  const twice = phases.find(({ name }, index) => phases.findIndex((phase) => phase.name === name) < index)
  if (twice) problems.push({ where, message: `has two phases named ${twice.name}` })
  if (phases.length > loadLimits.phases)
    problems.push({ where, message: `can be used at most ${loadLimits.phases} times`, got: `${phases.length} phases` })
  if (phases.every(({ excluded }) => excluded))
    problems.push({ where, message: 'excludes every phase', hint: 'Remove excluded=true from a phase.' })
  return phases.map((phase) => {
    const shape = shapeOf(phase)
    const say: Say = (setting, message, hint) =>
      problems.push({ where, message: `in phase ${phase.name}, ${settingNames[setting]} ${message}`, hint })
    check(phase, shape, phase.shape === undefined, (setting) => settingNames[setting], say)
    return phaseOf(phase.name, phase, shape, values)
  })
}

/** The shape that settings name or, by what else they set, imply. */
function shapeOf({ shape, rate, stages, durationS, total, maxStreams, arrivals }: PhaseSettings): Shape {
  if (shape) return shape
  const isOpen = rate !== undefined || maxStreams !== undefined || arrivals !== undefined
  if (stages) return stages.isRate || isOpen ? 'ramping-arrival-rate' : 'ramping-streams'
  if (isOpen) return 'constant-arrival-rate'
  return durationS !== undefined || total !== undefined ? 'constant-streams' : 'burst'
}

/** The setting from which `shapeOf` concludes. */
function impliedBy(settings: PhaseSettings): PhaseSetting | undefined {
  const decisive: readonly PhaseSetting[] = ['stages', 'rate', 'arrivals', 'maxStreams', 'durationS', 'total']
  return decisive.find((setting) => settings[setting] !== undefined)
}

type Say = (setting: PhaseSetting, message: string, hint?: string) => void

/** Checks that settings go together with a shape. */
function check(
  settings: PhaseSettings,
  shape: Shape,
  isImplied: boolean,
  nameOf: (setting: PhaseSetting) => string,
  say: Say,
): void {
  const { needed, oneOf = [], more } = shapeSettings[shape]
  const allowed: readonly string[] = [...needed, ...oneOf, ...more, 'shape', 'name', 'excluded']
  const cause = isImplied ? impliedBy(settings) : undefined
  const shapeText = cause ? `${shape} (implied by ${nameOf(cause)})` : shape
  for (const [setting, value] of Object.entries(settings))
    if (value !== undefined && !allowed.includes(setting))
      say(setting as PhaseSetting, `does not apply to the shape ${shapeText}`)
  for (const setting of needed)
    if (settings[setting] === undefined) say(setting, `is missing: the shape ${shapeText} needs it`)
  const [first] = oneOf
  if (first && oneOf.every((setting) => settings[setting] === undefined))
    say(first, `is missing: the shape ${shapeText} needs ${oneOf.map(nameOf).join(' or ')}`)
  const { rampMs = 0, durationS, stages, streams } = settings
  if (streams === 0) say('streams', 'must be at least 1')
  if (durationS !== undefined && rampMs >= durationS * 1000)
    say('rampMs', `must be shorter than the duration, ${durationS} s (ramp is ${rampMs / 1000} s)`)
  if (stages?.isRate && shape === 'ramping-streams')
    say('stages', 'must have streams as targets, not rates, with the shape ramping-streams')
}

/** The phase of settings that go together. An open loop without a limit gets one. */
function phaseOf(
  name: string,
  { streams, rampMs, total, rate, stages, durationS, arrivals, maxStreams, excluded }: PhaseSettings,
  shape: Shape,
  values: Pick<LoadValues, 'chunks' | 'delayMs'>,
): LoadPhase {
  const phase = {
    name,
    shape,
    streams,
    rampMs,
    total,
    rate,
    stages: stages?.stages,
    durationS,
    arrivals,
    maxStreams,
    ...(excluded ? { excluded } : {}),
  }
  const set = Object.fromEntries(Object.entries(phase).filter(([, value]) => value !== undefined)) as LoadPhase
  return isOpenLoop(set) && maxStreams === undefined ? { ...set, maxStreams: defaultMaxStreams(set, values) } : set
}

/** Twice the streams that a rate has open if all last as long as planned, and at least 1,000. */
function defaultMaxStreams(phase: LoadPhase, values: Pick<LoadValues, 'chunks' | 'delayMs'>): number {
  const open = 2 * peakRate(phase) * (streamDurationS(values) ?? 0)
  return Math.min(loadLimits.streams, Math.max(minMaxStreams, Math.ceil(open)))
}

function phaseFlag(spelling: Spelling): string {
  return spelling === 'flags' ? '--phase' : 'phases'
}

function spelled(setting: PhaseSetting, spelling: Spelling): string {
  if (spelling === 'flags') return `--${settingNames[setting]}`
  return setting === 'durationS' ? 'duration' : setting
}
