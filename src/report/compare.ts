import { counted, fixed, notMeasured } from '../base/format.ts'
import { printable } from '../base/printable.ts'
import { alignRows, type Column } from '../base/table.ts'
import type { Comparison } from '../judge/compare/compare.ts'
import type { JudgedRun } from '../judge/compare/estimates.ts'
import type { MetricComparison, MetricVerdict } from '../judge/compare/verdicts.ts'
import { scenarioDigest } from '../model/scenario-digest.ts'
import { testedLine } from './tested.ts'

/** Formats in which a comparison is printed. */
export const compareFormats = ['text', 'json', 'markdown'] as const
/** One of `compareFormats`. */
export type CompareFormat = (typeof compareFormats)[number]

/** Version of the members of `compareJson`. */
const compareSchemaVersion = 1

const verdictTexts: Readonly<Record<MetricVerdict, string>> = {
  better: 'better',
  worse: 'worse',
  'no-difference-shown': 'none shown',
  'not-judged': 'not judged',
  'not-compared': 'not compared',
}

const headings = ['Metric', 'BASE', 'NEW', 'change', 'share', '95 % interval', 'p', 'allowed', 'difference'] as const

/** Index of the column `p`. The text leaves it out, so that its table fits into 100 columns. */
const pColumn = headings.indexOf('p')

/** A comparison as text, with a table like that of benchstat. */
export function compareText(comparison: Comparison): string {
  const { base, changed, metrics, notes } = comparison
  const columns: readonly Column[] = ['left', 'right', 'right', 'right', 'right', 'right', 'right', 'left']
  const lines = [
    ...sideLines('BASE', base),
    ...sideLines('NEW', changed),
    '',
    ...alignRows(textRows(metrics), columns),
    '',
    ...notes.map((note) => `Note: ${printable(note, 1000)}`),
    '',
    resultLine(comparison),
  ]
  return `${lines.join('\n')}\n`
}

/** The rows of the text: metrics that are compared as overhead are below a heading of their own. */
function textRows(metrics: readonly MetricComparison[]): readonly (readonly string[])[] {
  const overheads = metrics.filter(({ isOverhead }) => isOverhead)
  const others = metrics.filter(({ isOverhead }) => !isOverhead)
  const heading = (text: string) => (overheads.length > 0 ? [[text]] : [])
  const indented = (metric: MetricComparison) => [`  ${metric.label}`, ...cellsOf(metric).slice(1)]
  return [
    headings,
    ...heading('Overhead (gateway minus direct), ms'),
    ...overheads.map(indented),
    ...heading('Through the gateway'),
    ...others.map(cellsOf),
  ].map((row) => row.filter((_, column) => column !== pColumn))
}

/** A comparison as Markdown, for the comment on a pull request. */
export function compareMarkdown(comparison: Comparison): string {
  const { base, changed, metrics, notes } = comparison
  const row = (cells: readonly string[]) => `| ${cells.map(escaped).join(' | ')} |`
  const emphasized = (metric: MetricComparison) => {
    const cells = cellsOf(metric)
    const isShown = metric.verdict === 'worse' || metric.verdict === 'better'
    return row(cells).replace(/\| ([^|]+) \|$/, isShown ? '| **$1** |' : '| $1 |')
  }
  const lines = [
    `**${escaped(resultLine(comparison))}**`,
    '',
    row(headings),
    `| --- |${' ---: |'.repeat(headings.length - 2)} --- |`,
    ...metrics.map(emphasized),
    '',
    ...[...sideLines('BASE', base), ...sideLines('NEW', changed)].map((line) => `- ${escaped(line.trim())}`),
    ...notes.map((note) => `- ${escaped(printable(note, 1000))}`),
  ]
  return `${lines.join('\n')}\n`
}

/** A comparison for other programs. What is unknown is null. */
export function compareJson(comparison: Comparison): object {
  const { base, changed, method, metrics, notes, verdict, exitStatus } = comparison
  return {
    schemaVersion: compareSchemaVersion,
    verdict,
    exitStatus,
    method,
    base: base.map(runJson),
    new: changed.map(runJson),
    metrics: metrics.map((metric) => ({
      name: metric.name,
      label: metric.label,
      unit: metric.unit,
      better: metric.better,
      isOverhead: metric.isOverhead,
      base: metric.base ?? null,
      new: metric.changed ?? null,
      difference: metric.difference ?? null,
      share: metric.share ?? null,
      low: metric.low ?? null,
      high: metric.high ?? null,
      p: metric.p ?? null,
      allowed: metric.allowed ?? null,
      allowedBecause: metric.allowedBecause ?? null,
      verdict: metric.verdict,
    })),
    notes,
  }
}

function runJson({ folder, run, judgement }: JudgedRun): object {
  return {
    folder,
    id: run.id,
    startedAt: run.startedAt,
    tested: testedLine(run.gateway),
    scenario: scenarioDigest(run.scenario),
    verdict: judgement.verdict,
    timing: judgement.timing.state,
  }
}

/** The gateway of one side, and its runs. */
function sideLines(side: string, runs: readonly JudgedRun[]): readonly string[] {
  const [first] = runs
  const tested = first ? testedLine(first.run.gateway) : notMeasured
  return [
    `${`${side}:`.padEnd(6)}${tested}, ${counted(runs.length, 'run')}`,
    ...runs.map(({ folder, run, judgement }) => `      ${printable(folder)}, ${run.startedAt}, ${judgement.verdict}`),
  ]
}

function cellsOf(metric: MetricComparison): readonly string[] {
  const { label, unit, isOverhead, base, changed, difference, share, low, high, p, allowed, verdict } = metric
  const decimals = unit === 'us' || unit === 'MiB' ? 1 : 2
  const decimalsOf = (number = 0) => (Math.abs(number) < 100 ? decimals : 1)
  const value = (number: number | undefined) => fixed(number, decimalsOf(number))
  const change = (number: number | undefined) => signed(number, decimalsOf(number))
  return [
    `${label}${isOverhead ? ' overhead' : ''}, ${unit}`,
    isOverhead ? change(base) : value(base),
    isOverhead ? change(changed) : value(changed),
    change(difference),
    share === undefined ? notMeasured : `${signed(100 * share, 1)} %`,
    low === undefined || high === undefined ? notMeasured : `${change(low)} to ${change(high)}`,
    p === undefined ? notMeasured : p < 0.001 ? '<0.001' : p.toFixed(3),
    value(allowed),
    verdictTexts[verdict],
  ]
}

/** The result of a comparison in one line. */
export function resultLine({ metrics, verdict }: Comparison): string {
  const labels = (wanted: MetricVerdict) =>
    metrics.filter((metric) => metric.verdict === wanted).map(({ label }) => label)
  const isLeft = (metric: MetricComparison) => metric.verdict === 'not-compared' || metric.verdict === 'not-judged'
  const [left, compared] = [metrics.filter(isLeft).length, metrics.filter((metric) => !isLeft(metric)).length]
  const [worse, better] = [labels('worse'), labels('better')]
  const parts = [
    ...(worse.length > 0 ? [`worse: ${worse.join(', ')}`] : []),
    ...(better.length > 0 ? [`better: ${better.join(', ')}`] : []),
  ]
  const title = verdict === 'no-difference-shown' ? 'NO DIFFERENCE SHOWN' : verdictTexts[verdict].toUpperCase()
  const counts = `${counted(compared, 'metric')} compared${left > 0 ? `, ${left} not` : ''}`
  return `RESULT: ${title} - ${[...parts, counts].join('; ')}`
}

function signed(value: number | undefined, decimals: number): string {
  if (value === undefined) return notMeasured
  const text = Math.abs(value).toFixed(decimals)
  if (Number(text) === 0) return text
  return `${value < 0 ? '-' : '+'}${text}`
}

/** Text of a table cell, without what Markdown would read as markup. */
function escaped(text: string): string {
  return text.replace(/[\\`*_[\]<>|]/g, '\\$&')
}
