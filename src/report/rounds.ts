import { counted, fixed, grouped, notMeasured } from '../base/format.ts'
import { printable } from '../base/printable.ts'
import { alignRows, type Column } from '../base/table.ts'
import { version } from '../base/version.ts'
import { type RoundMetric, roundMetrics } from '../judge/rounds/metrics.ts'
import type { GatewayRounds, RoundRun, RoundsEnd, RoundsJudgement } from '../judge/rounds/rounds.ts'
import type { Spread } from '../judge/rounds/spread.ts'
import type { RoundsPlan } from '../model/rounds.ts'
import { junitXml, type TestCase } from './junit.ts'
import type { ReportDetail } from './report-detail.ts'
import { type RoundsJson, roundsSchemaVersion } from './rounds-schema.ts'
import { type ComparedCase, comparedCases, thresholdResults, verdictResults } from './run-junit.ts'
import { testedLine } from './tested.ts'
import { scenarioLine } from './text/header.ts'
import { stateTexts } from './text/thresholds.ts'

/** The runs of all rounds, and what they are for. */
export interface Rounds extends RoundsEnd {
  readonly id: string
  readonly plan: RoundsPlan
  readonly runs: readonly RoundRun[]
}

/** Maximum length of a reason, in characters. */
const reasonLength = 500

/** The report for people: one table of all gateways, then what decided the verdict. With `full`, every run is listed. */
export function roundsText(rounds: Rounds, judgement: RoundsJudgement, detail: ReportDetail): string {
  const { id, plan, runs } = rounds
  const { verdict, reasons, notes, gateways } = judgement
  const [first] = runs
  const listed =
    detail === 'full' ? runs : runs.filter(({ state, verdict: own }) => state !== 'counted' || own === 'fail')
  const lines = [
    `Rounds:   ${id}, ${counted(plan.rounds, 'round')} of ${namesOf(plan)}, ccr-sse-stress ${version}`,
    ...gateways.flatMap(({ tested }) => (tested ? [`Tested:   ${testedLine(tested)}`] : [])),
    ...(first ? [`Scenario: ${scenarioLine(first.scenario)}, ${first.target.protocol}`] : []),
    '',
    ...table(plan, gateways, detail).map((line) => `  ${line}`),
    ...thresholdLines(gateways),
    ...(listed.length > 0
      ? ['', `  ${detail === 'full' ? 'Runs' : 'Failed and not counted'}:`, ...runLines(listed)]
      : []),
    ...medianLines(gateways),
    '',
    `  RESULT: ${verdict.toUpperCase()} - ${printable(reasons[0] ?? allPassed(judgement), reasonLength)}`,
    ...[...reasons.slice(1), ...notes].map((sentence) => `    ${printable(sentence, reasonLength)}`),
  ]
  return `${lines.join('\n')}\n`
}

function namesOf({ gateways }: RoundsPlan): string {
  const names = gateways.map((name) => printable(name)).join(', ')
  return gateways.length > 1 ? `${names} in turn` : names
}

function allPassed({ gateways, completeRounds }: RoundsJudgement): string {
  const runs = gateways.reduce((sum, gateway) => sum + gateway.runs.counted, 0)
  return `${counted(runs, 'run')} passed, ${counted(completeRounds, 'complete round')}`
}

/** Three rows for each gateway: the medians, their intervals, and the smallest and largest values. */
function table({ rounds }: RoundsPlan, gateways: readonly GatewayRounds[], detail: ReportDetail): readonly string[] {
  const possible = roundMetrics.filter(({ isDetail }) => detail === 'full' || !isDetail)
  const shown = possible.filter(({ name }) => gateways.some(({ metrics }) => metrics.has(name)))
  const heading = ['median over the rounds', 'runs', 'complete', ...shown.map(({ label, unit }) => `${label}, ${unit}`)]
  const rows = gateways.flatMap((row) => {
    const { gateway, runs, streams, metrics } = row
    const cells = (write: (spread: Spread, metric: RoundMetric) => string) =>
      shown.map((metric) => {
        const spread = metrics.get(metric.name)
        return spread ? write(spread, metric) : notMeasured
      })
    const range = (low: number | undefined, high: number | undefined, metric: RoundMetric) =>
      low === undefined || high === undefined ? notMeasured : `${valueText(low, metric)} to ${valueText(high, metric)}`
    return [
      [
        printable(gateway),
        `${runs.counted} of ${rounds}`,
        `${grouped(streams.whole)} of ${grouped(streams.requested)}`,
        ...cells(({ median }, metric) => valueText(median, metric)),
      ],
      ['  95 % interval', '', '', ...cells(({ low, high }, metric) => range(low, high, metric))],
      ['  min to max', '', '', ...cells(({ min, max }, metric) => range(min, max, metric))],
    ]
  })
  const columns: readonly Column[] = ['left', 'right']
  return alignRows([heading, ...rows], columns)
}

function valueText(value: number, { isOverhead, unit }: RoundMetric): string {
  const text = fixed(value, unit === 'ms' && Math.abs(value) < 100 ? 2 : 1)
  return isOverhead && value > 0 ? `+${text}` : text
}

function thresholdLines(gateways: readonly GatewayRounds[]): readonly string[] {
  const rows = gateways.flatMap(({ gateway, thresholds }) =>
    thresholds.map(({ text, state, got }) => [printable(gateway), printable(text), stateTexts[state], got]),
  )
  return rows.length > 0 ? ['', '  Thresholds over the rounds:', ...alignRows(rows).map((row) => `    ${row}`)] : []
}

function runLines(runs: readonly RoundRun[]): readonly string[] {
  const rows = runs.map((run) => [
    `round ${run.round}`,
    printable(run.gateway),
    run.attempt > 1 ? `attempt ${run.attempt}` : '',
    run.state === 'interrupted' ? 'interrupted' : run.verdict.toUpperCase(),
    printable(run.folder),
    printable(run.reasons[0] ?? '', reasonLength),
  ])
  return alignRows(rows).map((row) => `    ${row}`)
}

function medianLines(gateways: readonly GatewayRounds[]): readonly string[] {
  const rows = gateways.flatMap(({ gateway, medianRun }) =>
    medianRun ? [[printable(gateway), printable(medianRun.folder)]] : [],
  )
  return rows.length > 0 ? ['', '  Median run by TTFT p99:', ...alignRows(rows).map((row) => `    ${row}`)] : []
}

/** Rounds for other programs. What is unknown is null. */
export function roundsJson({ id, plan, runs, ...end }: Rounds, judgement: RoundsJudgement): RoundsJson {
  const { verdict, reasons, notes, exitStatus, completeRounds, gateways } = judgement
  const [first] = runs
  return {
    schemaVersion: roundsSchemaVersion,
    kind: 'rounds',
    id,
    harnessVersion: version,
    plan,
    protocol: first?.target.protocol ?? null,
    scenario: first?.scenario ?? null,
    verdict,
    reasons,
    notes,
    exitStatus,
    completeRounds,
    interruptedBy: end.interruptedBy ?? null,
    error: end.error ?? null,
    gateways: gateways.map(gatewayJson),
    runs: runs.map(({ gateway, round, attempt, id: runId, folder, startedAt, state, timing, ...run }) => ({
      ...{ gateway, round, attempt, id: runId, folder, startedAt, state },
      ...{ verdict: run.verdict, timing: timing.state, reasons: run.reasons },
    })),
  }
}

function gatewayJson(rounds: GatewayRounds): RoundsJson['gateways'][number] {
  const { gateway, tested, verdict, reasons, notes, exitStatus, runs, medianRun, streams, metrics, thresholds } = rounds
  return {
    gateway,
    tested: tested ? testedLine(tested) : null,
    verdict,
    reasons,
    notes,
    exitStatus,
    runs,
    medianRun: medianRun?.folder ?? null,
    streams,
    metrics: Object.fromEntries(
      [...metrics].map(([name, spread]) => [name, { ...spread, low: spread.low ?? null, high: spread.high ?? null }]),
    ),
    thresholds: thresholds.map(({ median, ...threshold }) => ({ ...threshold, median: median ?? null })),
  }
}

/** Rounds as JUnit XML: for each gateway, one test case for its verdict and one for each threshold that the median decides. */
export function roundsJunit({ plan, runs }: Rounds, { gateways }: RoundsJudgement, compared?: ComparedCase): string {
  const cases = gateways.flatMap(({ gateway, verdict, reasons, thresholds }): readonly TestCase[] => {
    const prefix = plan.gateways.length > 1 ? `${gateway}: ` : ''
    return [
      { name: `${prefix}verdict`, time: 0, result: verdictResults[verdict], failure: reasons.join('\n') },
      ...thresholds.map(
        ({ text, state, got }): TestCase => ({
          name: `${prefix}${text}`,
          time: 0,
          result: thresholdResults[state],
          failure: got,
        }),
      ),
    ]
  })
  const all = [...cases, ...comparedCases(compared)]
  return junitXml(`run in ${counted(plan.rounds, 'round')}`, runs[0]?.target.protocol ?? 'rounds', all)
}
