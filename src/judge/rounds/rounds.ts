import { exitStatus, statusOfSignal } from '../../base/exit-status.ts'
import { counted } from '../../base/format.ts'
import type { GatewayIdentity } from '../../model/gateway.ts'
import type { RoundPlace, RoundsPlan } from '../../model/rounds.ts'
import type { Run } from '../../model/run.ts'
import { type Judgement, judge } from '../judgement.ts'
import { metricOf } from '../thresholds/metrics.ts'
import { parseThreshold } from '../thresholds/threshold.ts'
import type { JudgedThreshold } from '../thresholds/thresholds.ts'
import type { Timing } from '../timing.ts'
import type { Verdict } from '../verdict.ts'
import { roundMetrics } from './metrics.ts'
import { type Spread, spreadOf } from './spread.ts'
import { type JudgedRoundThreshold, judgeRoundThresholds } from './thresholds.ts'

/** What rounds need of one run. It is small, so that the runs themselves need not stay in memory. */
export interface RoundRun extends RoundPlace, Pick<Run, 'id' | 'startedAt' | 'interruptedBy' | 'scenario' | 'target'> {
  /** Where the run is stored, relative to the folder of all rounds. */
  readonly folder: string
  readonly tested: GatewayIdentity
  /** `invalid` and `interrupted` runs do not count: they say nothing about the gateway, or not everything. */
  readonly state: 'counted' | 'invalid' | 'interrupted'
  /** Of the run alone. */
  readonly verdict: Verdict['verdict']
  readonly reasons: readonly string[]
  readonly timing: Timing
  /** The same without the thresholds that the median of all rounds decides. */
  readonly alone: Pick<Judgement, 'verdict' | 'reasons' | 'exitStatus'>
  /** The thresholds that the median of all rounds decides. */
  readonly thresholds: readonly JudgedThreshold[]
  readonly streams: { readonly requested: number; readonly whole: number; readonly failed: number }
  /** The numbers of `roundMetrics` that the run has, by name. */
  readonly values: ReadonlyMap<string, number>
  /** By which the runs of a gateway are sorted: infinite if too many streams failed first, or if the load did not start. */
  readonly ttftP99Ms: number
}

/** One gateway over all rounds. */
export interface GatewayRounds {
  readonly gateway: string
  /** Undefined if no run of it started. */
  readonly tested?: GatewayIdentity
  readonly verdict: Verdict['verdict']
  /** One sentence each, the most severe first; empty if everything went as planned. */
  readonly reasons: readonly string[]
  /** What the reader should know, but does not change the verdict. */
  readonly notes: readonly string[]
  readonly exitStatus: number
  /** Runs by what became of them. */
  readonly runs: Readonly<Record<RoundRun['state'], number>>
  /** The run in the middle by its TTFT p99; the slower one of two. Undefined if no run counts. */
  readonly medianRun?: RoundRun
  /** Streams of all runs that count. */
  readonly streams: RoundRun['streams']
  /** By the name of the metric; without those that no run has. */
  readonly metrics: ReadonlyMap<string, Spread>
  readonly thresholds: readonly JudgedRoundThreshold[]
}

/** Every conclusion from a run in rounds. */
export interface RoundsJudgement {
  readonly verdict: Verdict['verdict']
  readonly reasons: readonly string[]
  readonly notes: readonly string[]
  /** In the sequence of the plan. */
  readonly gateways: readonly GatewayRounds[]
  /** Rounds in which every gateway has a run that counts. */
  readonly completeRounds: number
  /** The exit status of the command. */
  readonly exitStatus: number
}

/** What happened around the runs of all rounds. */
export interface RoundsEnd {
  readonly interruptedBy?: Run['interruptedBy']
  /** The error that ended the rounds early. */
  readonly error?: string
}

/** Reduces a run to what rounds need of it. */
export function roundRunOf(place: RoundPlace & { readonly folder: string }, run: Run, judgement: Judgement): RoundRun {
  const { summary, timing, verdict, reasons, thresholds } = judgement
  const isTimed = timing.state !== 'invalid' && run.stopped === undefined
  const values = roundMetrics.flatMap(({ name, isTime, read }): readonly (readonly [string, number])[] => {
    const value = isTime && !isTimed ? undefined : read(summary)
    return value === undefined ? [] : [[name, value]]
  })
  const { requested, whole, failed } = summary
  const p99Ms = summary.ttftCensored ? summary.ttftCensored.p99Ms : summary.ttft?.p99Ms
  return {
    ...place,
    id: run.id,
    startedAt: run.startedAt,
    interruptedBy: run.interruptedBy,
    scenario: run.scenario,
    target: run.target,
    tested: run.gateway,
    state: run.interruptedBy ? 'interrupted' : verdict === 'invalid' ? 'invalid' : 'counted',
    verdict,
    reasons,
    timing,
    alone: withoutMedianThresholds(run, judgement),
    thresholds: thresholds.filter(({ metric }) => isDecidedByMedian(metric)),
    streams: { requested, whole, failed },
    values: new Map(values),
    ttftP99Ms: run.stopped === undefined ? (p99Ms ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY,
  }
}

/**
 * Whether the median of all runs decides a threshold on this metric: times, rates, CPU and memory vary between runs of the same gateway.
 * What happened to streams is decided by each run.
 */
export function isDecidedByMedian(metric: string): boolean {
  return metricOf(metric)?.basis !== 'ending' && !metric.startsWith('findings.')
}

function withoutMedianThresholds(run: Run, judgement: Judgement): RoundRun['alone'] {
  const isMedian = (text: string) => isDecidedByMedian(parseThreshold(text, [])?.metric ?? text)
  const { thresholds = [] } = run.scenario
  const kept = thresholds.filter((text) => !isMedian(text))
  // Only a failed run can have a broken threshold.
  if (judgement.verdict !== 'fail' || kept.length === thresholds.length) return judgement
  return judge({ ...run, scenario: { ...run.scenario, thresholds: kept } })
}

/** Judges the runs of all rounds by their plain data alone. */
export function judgeRounds(plan: RoundsPlan, runs: readonly RoundRun[], end: RoundsEnd = {}): RoundsJudgement {
  const gateways = plan.gateways.map((gateway) =>
    judgeGateway(
      gateway,
      runs.filter((run) => run.gateway === gateway),
      plan,
    ),
  )
  const worst = worstOf(gateways)
  const named = (member: 'reasons' | 'notes') =>
    sorted(gateways).flatMap((row) =>
      row[member].map((text) => (plan.gateways.length > 1 ? `${row.gateway}: ${text}` : text)),
    )
  const completeRounds = completeRoundsOf(plan, runs)
  return {
    verdict: worst.verdict,
    reasons: [...endSentences(plan, completeRounds, end), ...named('reasons')],
    notes: named('notes'),
    gateways,
    completeRounds,
    exitStatus: end.interruptedBy ? statusOfSignal(end.interruptedBy) : worst.exitStatus,
  }
}

/** A failure of one gateway is proven, whatever became of the others; then comes one of which nothing is known. */
const severity = ['fail', 'invalid', 'warn', 'pass'] as const

function sorted(gateways: readonly GatewayRounds[]): readonly GatewayRounds[] {
  return severity.flatMap((verdict) => gateways.filter((gateway) => gateway.verdict === verdict))
}

function worstOf(gateways: readonly GatewayRounds[]): Pick<GatewayRounds, 'verdict' | 'exitStatus'> {
  const verdict = sorted(gateways)[0]?.verdict ?? 'invalid'
  const statuses = gateways.filter((gateway) => gateway.verdict === verdict).map((gateway) => gateway.exitStatus)
  return { verdict, exitStatus: Math.max(exitStatus.passed, ...statuses) }
}

function completeRoundsOf({ gateways, rounds }: RoundsPlan, runs: readonly RoundRun[]): number {
  const places = new Set(runs.flatMap((run) => (run.state === 'counted' ? [`${run.round} ${run.gateway}`] : [])))
  const numbers = Array.from({ length: rounds }, (_, index) => index + 1)
  return numbers.filter((round) => gateways.every((gateway) => places.has(`${round} ${gateway}`))).length
}

function endSentences(
  { rounds }: RoundsPlan,
  complete: number,
  { interruptedBy, error }: RoundsEnd,
): readonly string[] {
  const done = `${complete} of ${counted(rounds, 'round')} complete`
  return [
    ...(interruptedBy ? [`Interrupted by ${interruptedBy}: ${done}`] : []),
    ...(error === undefined ? [] : [`Ended by an error: ${done}. ${error}`]),
  ]
}

function judgeGateway(gateway: string, runs: readonly RoundRun[], { rounds }: RoundsPlan): GatewayRounds {
  const inState = (state: RoundRun['state']) => runs.filter((run) => run.state === state)
  const valid = inState('counted')
  const thresholds = judgeRoundThresholds(valid.map((run) => run.thresholds))
  const metrics = roundMetrics.flatMap(({ name, isOverhead }): readonly (readonly [string, Spread])[] => {
    const values = valid.flatMap((run) => run.values.get(name) ?? [])
    const spread = isOverhead ? spreadOf(values) : spreadOf(values, 0)
    return spread ? [[name, spread]] : []
  })
  const sum = (member: keyof RoundRun['streams']) => valid.reduce((total, run) => total + run.streams[member], 0)
  return {
    gateway,
    tested: runs.at(-1)?.tested,
    ...conclude(valid, inState('invalid'), thresholds),
    runs: { counted: valid.length, invalid: inState('invalid').length, interrupted: inState('interrupted').length },
    medianRun: medianRunOf(valid),
    streams: { requested: sum('requested'), whole: sum('whole'), failed: sum('failed') },
    metrics: new Map(metrics),
    thresholds,
  }

  function conclude(
    counting: readonly RoundRun[],
    invalid: readonly RoundRun[],
    judged: readonly JudgedRoundThreshold[],
  ): Pick<GatewayRounds, 'verdict' | 'reasons' | 'notes' | 'exitStatus'> {
    const failed = counting.filter(({ alone }) => alone.verdict === 'fail')
    const warned = counting.filter(({ alone }) => alone.verdict === 'warn')
    const broken = judged.filter(({ state }) => state !== 'ok' && state !== 'invalid_timing')
    const isFailed = failed.length > 0 || broken.length > 0
    const notes = [
      ...(invalid.length > 0 ? [invalidSentence(invalid, rounds)] : []),
      ...suspectSentences(counting, rounds),
    ]
    const reasons = [
      ...runSentences(failed),
      ...broken.map(({ text, state, got }) => `Threshold ${text} ${roundStates[state] ?? 'is not met'}: ${got}`),
      ...runSentences(warned),
    ]
    if (counting.length === 0)
      return { verdict: 'invalid', reasons: ['No run counts'], notes, exitStatus: exitStatus.invalid }
    return {
      verdict: isFailed ? 'fail' : warned.length > 0 ? 'warn' : 'pass',
      reasons,
      notes,
      exitStatus: isFailed
        ? Math.max(exitStatus.failed, ...failed.map(({ alone }) => alone.exitStatus))
        : exitStatus.passed,
    }
  }
}

/** What the reasons say of a threshold that no run has broken. */
const roundStates: { readonly [state in JudgedRoundThreshold['state']]?: string } = {
  too_few_samples: 'could not be evaluated, too few samples',
  not_measured: 'could not be evaluated',
}

/** The first reason of each run, with the rounds in which it is the same. */
function runSentences(runs: readonly RoundRun[]): readonly string[] {
  const rounds = new Map<string, number[]>()
  for (const { round, alone } of runs) {
    const reason = alone.reasons[0] ?? alone.verdict
    rounds.set(reason, [...(rounds.get(reason) ?? []), round])
  }
  return [...rounds].map(([reason, list]) => `Round${list.length > 1 ? 's' : ''} ${list.join(', ')}: ${reason}`)
}

function invalidSentence(invalid: readonly RoundRun[], rounds: number): string {
  const list = [...new Set(invalid.map(({ round }) => round))].join(', ')
  const why = invalid[0]?.reasons[0]?.replace(/\.$/, '') ?? 'the harness was the bottleneck'
  return `${counted(invalid.length, 'invalid run')} did not count (round ${list} of ${rounds}): ${why}`
}

/** Runs whose times may be distorted. Those of which the times say nothing have failed, and are not in the figures. */
function suspectSentences(runs: readonly RoundRun[], rounds: number): readonly string[] {
  const suspect = runs.filter(({ timing }) => timing.state !== 'trusted')
  if (suspect.length === 0) return []
  const list = suspect.map(({ round }) => round).join(', ')
  return [`The timing of ${counted(suspect.length, 'run')} is not trusted (round ${list} of ${rounds})`]
}

/** Of an even number, the slower one of the two in the middle. */
function medianRunOf(runs: readonly RoundRun[]): RoundRun | undefined {
  const bySpeed = [...runs].sort((a, b) => (a.ttftP99Ms < b.ttftP99Ms ? -1 : a.ttftP99Ms > b.ttftP99Ms ? 1 : 0))
  return bySpeed[Math.floor(bySpeed.length / 2)]
}
