import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  beginNs,
  failedRecord,
  instrument,
  mockStats,
  ms,
  readings,
  records,
  runOf,
} from '../../../test/fixtures/runs.ts'
import { judge } from '../../judge/judgement.ts'
import type { Run } from '../../model/run.ts'
import { reportText } from './report-text.ts'

const textOf = (run: Run) => reportText(run, judge(run), 'full')
const mock = { ...mockStats(100), instrument: [readings('mock', { loopBusyShare: 0.3 })] }

describe('the self-check in the text report', () => {
  it('shows the timing state and each reading', () => {
    const text = textOf(runOf(records(100), { instrument: instrument(), mock }))
    assert.match(text, /^ {2}Timing: trusted$/m)
    assert.match(text, /^ {4}Event loops in ms +delay p50 +p99 +max +busy +CPU wait +GC +longest GC +heap MiB$/m)
    assert.match(text, /^ {6}runner +0\.3 +18\.5 +40\.2 +42 % +20 % +1 % +9\.5 +48$/m)
    assert.match(text, /^ {6}mock +0\.3 +18\.5 +40\.2 +30 % +20 % +1 % +9\.5 +48$/m)
    assert.match(
      text,
      /^ {4}Machine: 1 % CPU stolen, 0 accept queue overflows, 19,800 of 20,000 descriptors left, 27,000 of 28,232 ports left$/m,
    )
  })

  it('shows the longest pauses with their part and time', () => {
    const at = (fromMs: number, lastMs: number) => ({
      fromNs: beginNs + fromMs * ms,
      toNs: beginNs + (fromMs + lastMs) * ms,
    })
    const pauses = [at(5, 110), at(20, 3000)]
    const runner = [readings('runner', { pauses })]
    const text = textOf(runOf(records(100), { instrument: { ...instrument(), runner } }))
    assert.match(
      text,
      /^ {4}Pauses: runner 110 ms \(5\.0 ms after the start\), runner 3\.0 s \(20 ms after the start\)$/m,
    )
    const many = [readings('runner', { pauses: Array.from({ length: 8 }, (_, index) => at(index * 10, 100 + index)) })]
    assert.match(textOf(runOf(records(100), { instrument: { ...instrument(), runner: many } })), /, and 3 shorter$/m)
    assert.doesNotMatch(textOf(runOf(records(100), { instrument: instrument() })), /Pauses:/)
  })

  it('shows n/a for what could not be measured, and nothing if nothing was measured', () => {
    const bare = readings('runner', { loopDelay: undefined, cpuWaitMs: undefined })
    const text = textOf(runOf(records(2), { instrument: { runner: [bare], machine: {} } }))
    assert.match(text, /^ {6}runner +n\/a +n\/a +n\/a +42 % +n\/a +1 % /m)
    assert.match(
      text,
      /^ {4}Machine: n\/a CPU stolen, n\/a accept queue overflows, n\/a descriptors left, n\/a ports left$/m,
    )
    assert.doesNotMatch(textOf(runOf(records(2))), /Event loops|Machine:/)
  })

  it('shows every reason, even if the verdict has others', () => {
    const starved = readings('runner', {
      cpuMs: 200,
      cpuWaitMs: 1600,
      loopDelay: { p50Ms: 9, p99Ms: 40, maxMs: 50, totalMs: 600 },
    })
    const run = runOf([...records(9), failedRecord(9)], { instrument: { ...instrument(), runner: [starved] } })
    const text = textOf(run)
    assert.match(text, /RESULT: FAIL - 1\/10 streams failed/)
    assert.match(
      text,
      /^ {2}Timing: invalid\n {4}The runner waited for a CPU for 80 % of the load, 8\.0 times its own CPU time/m,
    )
  })
})
