import { counted, fixed, grouped, mebibytes, notMeasured } from '../base/format.ts'
import { printable } from '../base/printable.ts'
import { alignRows, type Row } from '../base/table.ts'
import type { CapacityAnswer, CurvePoint, JudgedCapacity } from '../judge/capacity/capacity.ts'
import type { BreakKind, Capacity } from '../model/capacity.ts'
import { streamDurationS } from '../model/phase.ts'
import { formatDuration } from '../model/phase-text.ts'
import { testedLine } from './tested.ts'

/** Maximum length of what broke, in characters. */
const detailLength = 300

/** A search as text: what was searched, the curve, and the answer. */
export function capacityText(capacity: Capacity, judged: JudgedCapacity): string {
  const { gateway, protocol, toxics = [], scenario, search, id, startedAt, harnessVersion, ended } = capacity
  const lines = [
    `Tested:     ${gateway === undefined ? 'nothing yet' : testedLine(gateway)}`,
    ...(gateway?.settings ?? []).map((setting) => `Settings:   ${printable(setting)}`),
    ...toxics.map((toxic) => `Toxic:      ${printable(toxic)}`),
    `Streams:    ${protocol}, ${streamText(scenario)}`,
    `Search:     ${searchText(capacity)}`,
    ...thresholdLines(capacity),
    `Run:        ${id}, ${startedAt}, ${formatDuration(Math.round(capacity.tookS))}, ccr-sse-stress ${harnessVersion}`,
    '',
    ...curveLines(capacity, judged),
    '',
    `Capacity:   ${answerText(capacity, judged.answer)}`,
    ...breakLines(judged.answer),
    ...noteLines(capacity, judged.answer),
    ...(ended && ended.why !== 'time' && ended.why !== 'interrupt'
      ? [`Ended:      ${printable(ended.detail, detailLength)}`]
      : []),
    `Repeat:     ${counted(capacity.trials.length, 'run')} of ${counted(judged.curve.length, 'step')}, majority of ${search.repeat}`,
  ]
  return `${lines.join('\n')}\n`
}

/** One line about one run of a step, for the progress. */
export function trialText(capacity: Capacity): string {
  const trial = capacity.trials.at(-1)
  if (!trial) return ''
  const { n, outcome, whole, started, ttftP99Ms, cpuCores, broke } = trial
  const run = capacity.trials.filter((other) => other.n === n).length
  return [
    `${stepText(capacity, n)}, run ${run}: ${outcome}`,
    `${grouped(whole)} of ${counted(started, 'stream')} complete`,
    ...(ttftP99Ms === undefined ? [] : [`TTFT p99 ${fixed(ttftP99Ms, 1)} ms`]),
    ...(cpuCores === undefined ? [] : [`gateway ${fixed(cpuCores, 2)} cores`]),
    ...(broke ? [printable(`${breakTitles[broke.kind]}: ${broke.detail}`, detailLength)] : []),
  ].join(', ')
}

function streamText({ chunks = 0, delayMs = 0, content, requestProfile, seed }: Capacity['scenario']): string {
  const profile = requestProfile === undefined || requestProfile === 'sdk' ? [] : [`request profile ${requestProfile}`]
  return [counted(chunks, 'delta'), `delay ${delayMs} ms`, `content ${content}`, ...profile, `seed ${seed}`].join(', ')
}

function searchText(capacity: Capacity): string {
  const { of, search, scenario } = capacity
  const { from, to, precision, repeat, maxDurationS, stepS } = search
  const unit = of === 'streams' ? 'streams open at once' : 'starts per second'
  const rampS = streamDurationS(scenario) ?? 0
  const ramp = rampS > 0 ? ` after a ramp of ${formatDuration(rampS)}` : ''
  return `${unit}, ${grouped(from)} to ${grouped(to)}, ${formatDuration(stepS)} each${ramp}, ${counted(repeat, 'run')}, precision ${percentText(precision)}, at most ${formatDuration(maxDurationS)}`
}

function thresholdLines({ thresholds, unloaded }: Capacity): string[] {
  const label = (index: number) => (index === 0 ? 'Thresholds: ' : '            ')
  const lines = thresholds.map((text, index) => `${label(index)}${text}`)
  const all = ['no content changed, gateway alive and drained']
  const derived =
    unloaded === undefined
      ? []
      : [
          `TTFT without a load: p50 ${fixed(unloaded.ttftP50Ms, 2)} ms (n ${grouped(unloaded.n)}); the limit is ten times that, at least 250 ms`,
        ]
  return [...lines, ...[...all, ...derived].map((text, index) => `${label(lines.length + index)}${text}`)]
}

function curveLines(capacity: Capacity, { curve }: JudgedCapacity): string[] {
  const header: Row = [
    capacity.of === 'streams' ? 'streams' : 'starts/s',
    ...['result', 'passed', 'failed', 'TTFT p50', 'TTFT p99', 'CPU', 'memory', 'drain', 'what broke'],
  ]
  const rows = curve.map(
    (point): Row => [
      stepNumber(point.n),
      point.outcome ?? 'open',
      `${point.passed}/${point.runs}`,
      grouped(point.failed),
      milliseconds(point.ttftP50Ms),
      milliseconds(point.ttftP99Ms),
      point.cpuCores === undefined ? notMeasured : fixed(point.cpuCores, 2),
      mebibytes(point.memoryPeakBytes),
      milliseconds(point.drainMs, 0),
      breakCell(point),
    ],
  )
  const [head = '', ...lines] = alignRows(
    [header, ...rows],
    ['right', 'left', 'right', 'right', 'right', 'right', 'right', 'right', 'right', 'left'],
  )
  return [head, head.replace(/\S+( \S+)*/g, (title) => '-'.repeat(title.length)), ...lines]
}

function breakCell({ broke, outcome, passed, runs }: CurvePoint): string {
  if (!broke) return ''
  const isMinority = outcome === 'pass' ? ` (in ${runs - passed} of ${runs} runs)` : ''
  return `${breakTitles[broke.kind]}${isMinority}`
}

const breakTitles: Readonly<Record<BreakKind, string>> = {
  cpu: 'gateway CPU',
  memory: 'memory',
  backlog: 'backlog',
  errors: 'errors',
  content: 'content',
  latency: 'latency',
  threshold: 'threshold',
  death: 'gateway died',
  instrument: 'instrument',
}

/** The answer in one sentence. */
function answerText(capacity: Capacity, answer: CapacityAnswer): string {
  const { kind, low = 0, high = 0, invalidAt, isPrecise, bound } = answer
  const step = (n: number) => stepText(capacity, n)
  switch (kind) {
    case 'found': {
      const between = `${stepNumber(low)} to ${step(high)}: ${stepNumber(low)} passed, ${stepNumber(high)} failed`
      return isPrecise ? between : `${between}. The precision was not reached: ${boundText(capacity, answer)}`
    }
    case 'at_least': {
      const fails = answer.high === undefined ? '' : ` ${stepNumber(high)} failed.`
      const why =
        bound === 'instrument' && invalidAt !== undefined
          ? `the harness was the limit at ${step(invalidAt)}`
          : boundText(capacity, answer)
      return `at least ${step(low)}: ${why}.${fails}`
    }
    case 'below':
      return `less than ${step(high)}: the lowest step failed. Use a lower --from`
    case 'invalid':
      return `unknown: the harness was the limit at the lowest step, ${step(invalidAt ?? capacity.search.from)}`
    case 'none':
      return `unknown: no step was complete (${boundText(capacity, answer)})`
  }
}

function boundText({ search, machineLimit, ended }: Capacity, { bound }: CapacityAnswer): string {
  switch (bound) {
    case 'range':
      return 'this is the largest step (--to)'
    case 'machine':
      return `this machine allows at most ${counted(machineLimit?.streams ?? 0, 'stream')} (${machineLimit?.why}); ccr-sse-stress doctor shows how to raise it`
    case 'time':
      return `the search ended after ${formatDuration(search.maxDurationS)} (--max-duration); continue it with --resume`
    case 'interrupt':
      return `the search was interrupted (${ended?.detail}); continue it with --resume`
    case 'gateway':
      return 'the gateway is gone and did not start again'
    case 'environment':
      return 'this machine failed'
    case 'instrument':
      return 'the harness was the limit'
    case undefined:
      return 'no step was run'
  }
}

function breakLines({ broke, kind }: CapacityAnswer): string[] {
  if (!broke) return []
  const label = kind === 'at_least' || kind === 'invalid' ? 'Limit:      ' : 'Broke first: '
  return [`${label}${breakTitles[broke.kind]}: ${printable(broke.detail, detailLength)}`]
}

function noteLines(capacity: Capacity, { passedAbove }: CapacityAnswer): string[] {
  if (passedAbove.length === 0) return []
  const steps = passedAbove.map(stepNumber).join(', ')
  return [
    `Note:       ${steps} passed above a ${capacity.of === 'streams' ? 'number of streams' : 'rate'} that did not: the limit is noisy`,
  ]
}

function stepText({ of }: Pick<Capacity, 'of'>, n: number): string {
  if (of === 'rate') return `${stepNumber(n)} starts/s`
  return `${stepNumber(n)} ${n === 1 ? 'stream' : 'streams'}`
}

function stepNumber(n: number): string {
  return Number.isInteger(n) ? grouped(n) : `${Number(n.toPrecision(4))}`
}

function milliseconds(value: number | undefined, decimals = 1): string {
  return value === undefined ? notMeasured : `${fixed(value, decimals)} ms`
}

function percentText(share: number): string {
  return `${Number((share * 100).toFixed(4))} %`
}
