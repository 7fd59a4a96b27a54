import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readJunit } from '../../test/fixtures/read-junit.ts'
import { failedRecord, instrument, readings, records, runOf } from '../../test/fixtures/runs.ts'
import { judge } from '../judge/judgement.ts'
import type { Run } from '../model/run.ts'
import { runJunit } from './run-junit.ts'

const thresholds = [
  'ttft.p50 < 250ms',
  'ttft.p99 < 1ms',
  'ttft.p99.9 < 250ms',
  'memory.peak < 1GiB',
  'failed.rate <= 1%',
]
const read = (run: Run) => readJunit(runJunit(run, judge(run)))
const resultsOf = (run: Run) => read(run).cases.map(({ result }) => result)

test('the JUnit file of a run has a case for the verdict and for each threshold', () => {
  const { suite, cases } = read(runOf([...records(99), failedRecord(99)], { scenario: { thresholds } }))
  assert.equal(suite, 'run embedded reference gateway, not ccr-rust (http://127.0.0.1:3456)')
  assert.deepEqual(
    cases.map(({ name, result }) => [name, result]),
    [
      ['verdict', 'failure'],
      ['ttft.p50 < 250ms', undefined],
      ['ttft.p99 < 1ms', 'failure'],
      ['ttft.p99.9 < 250ms', 'failure'],
      ['memory.peak < 1GiB', 'failure'],
      ['failed.rate <= 1%', undefined],
    ],
  )
  assert.ok(cases.every(({ classname }) => classname === 'anthropic-messages'))
  assert.match(cases[0]?.message ?? '', /^Threshold ttft\.p99 < 1ms is broken: 12\.00 ms \(n 100\)\n/)
  assert.equal(cases[2]?.message, '12.00 ms (n 100)')
  assert.equal(cases[3]?.message, '100 values, needs 1,000')
})

test('a run without thresholds has the case of its verdict only', () => {
  assert.deepEqual(resultsOf(runOf(records(3))), [undefined])
  assert.deepEqual(resultsOf(runOf([...records(99), failedRecord(99)])), [undefined])
  assert.deepEqual(resultsOf(runOf([...records(3), failedRecord(3)])), ['failure'])
})

test('what an invalid run does not judge is skipped, not failed', () => {
  const starved = { cpuMs: 220, cpuWaitMs: 1700, loopDelay: { p50Ms: 13.9, p99Ms: 90, maxMs: 135, totalMs: 900 } }
  const invalid = { ...instrument(), runner: [readings('runner', starved)] }
  const run = runOf(records(100), {
    instrument: invalid,
    scenario: { thresholds: ['ttft.p99 < 1ms', 'findings.count == 0'] },
  })
  assert.deepEqual(resultsOf(run), ['skipped', 'skipped', undefined])
  assert.match(read(run).cases[0]?.message ?? '', /^The runner waited for a CPU/)
})

test('hostile text in a reason or a name leaves the file well-formed', () => {
  const detail = '<script> & "quotes" \u0000\u001b[31m\ud800 ]]> \n'
  const gateway = { kind: 'unknown', name: detail, location: 'http://x/?a=1&b=<2>', settings: [] } as const
  const died = { name: detail, how: detail, lastLines: [] }
  assert.match(read(runOf(records(3), { gateway, died })).cases[0]?.message ?? '', /<script> & "quotes"/)
})
