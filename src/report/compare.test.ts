import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { quicklyJudgedRun } from '../../test/fixtures/compared-runs.ts'
import { compareRuns } from '../judge/compare/compare.ts'
import { compareJson, compareMarkdown, compareText } from './compare.ts'

const world = { startedAt: '2026-01-01T00:00:00.000Z', runNoise: 0 }
const comparison = compareRuns(
  [{ ...quicklyJudgedRun(1, world), folder: 'results/a|b' }],
  [{ ...quicklyJudgedRun(2, { ...world, memoryMb: 300, failed: 30 }), folder: 'results/\u001b[31mred' }],
)

describe('the text of a comparison', () => {
  const lines = compareText(comparison).split('\n')

  it('names the runs, then has a table with one line per metric, notes and the result', () => {
    assert.equal(lines[0], 'BASE: embedded reference gateway, not ccr-rust (http://127.0.0.1:3456), 1 run')
    assert.equal(lines[1], '      results/a|b, 2026-01-01T00:00:00.000Z, pass')
    assert.equal(lines[3], '      results/red, 2026-01-01T00:00:00.000Z, pass')
    assert.match(lines[5] ?? '', /^Metric +BASE +NEW +change +share +95 % interval +allowed +difference$/)
    const table = lines.slice(6, 20)
    assert.equal(table[0], 'Overhead (gateway minus direct), ms')
    assert.match(table[1] ?? '', /^ {2}TTFT p50 +\+\d+\.\d\d +\+\d+\.\d\d +[+-]?\d.* none shown$/)
    assert.ok(lines.slice(5, 20).every((line) => line.length <= 100))
    assert.match(
      table.find((line) => line.startsWith('Failed')) ?? '',
      /^Failed streams, % +0\.00 +30\.00 +\+30\.00 +n\/a +\+\d+\.\d\d to \+\d+\.\d\d +1\.00 {2}worse$/,
    )
    assert.match(
      table.find((line) => line.startsWith('Gateway memory')) ?? '',
      /^Gateway memory peak, MiB +100\.0 +300\.0 +\+200\.0 +\+200\.0 % +n\/a +50\.0 {2}worse$/,
    )
    assert.match(lines[21] ?? '', /^Note: One run each: the variation between runs is unknown\./)
    const result = 'RESULT: WORSE - worse: Failed streams, Gateway memory peak; 12 metrics compared'
    assert.deepEqual(lines.slice(-2), [result, ''])
  })

  it('is Markdown that shows the text of folders as it is', () => {
    const markdown = compareMarkdown(comparison)
    assert.match(markdown, /^\*\*RESULT: WORSE - worse: Failed streams, /)
    assert.match(markdown, /\n\| Metric \| BASE \| NEW \|.*\|\n\| --- \|( ---: \|){7} --- \|\n\| TTFT p50 overhead/)
    assert.match(markdown, /\n\| Gateway memory peak, MiB \|.*\| \*\*worse\*\* \|\n/)
    assert.match(markdown, /\n- results\/a\\\|b, 2026/)
    assert.ok(!markdown.includes('\u001b'))
    const rows = markdown.split('\n').filter((line) => line.startsWith('|'))
    assert.ok(rows.every((row) => row.replace(/\\\|/g, '').split('|').length === 11))
  })

  it('is JSON in which what is unknown is null', () => {
    const json = JSON.parse(JSON.stringify(compareJson(comparison)))
    assert.deepEqual(
      [json.schemaVersion, json.verdict, json.exitStatus, json.method, json.metrics.length, json.base[0].folder],
      [1, 'worse', 1, 'blocks', 12, 'results/a|b'],
    )
    const memory = json.metrics.find(({ name }: { name: string }) => name === 'memory.peak')
    assert.deepEqual([memory.p, memory.low, memory.base, memory.new, memory.verdict], [null, null, 100, 300, 'worse'])
    assert.equal(memory.allowedBecause, 'one run each')
    assert.match(json.new[0].scenario, /^[0-9a-f]{12}$/)
  })
})
