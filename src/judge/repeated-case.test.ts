import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { instrument, readings } from '../../test/fixtures/runs.ts'
import type { CaseSurroundings } from './busy.ts'
import type { CaseRun } from './conformance.ts'
import { afterRuns, isDecided, type TimedRun, timedRun } from './repeated-case.ts'

const free: CaseSurroundings = { ...instrument(), mock: [readings('mock')], cpuBusyShare: 0.4 }
const busy: CaseSurroundings = { ...free, cpuBusyShare: 0.99 }
const base: CaseRun = {
  name: 'clean plain',
  describe: '',
  rows: [],
  isRight: true,
  seen: 'whole',
  why: '',
  rules: [],
  form: [],
  durationS: 0.2,
}

/** One run for each letter: passed, wrong, corrupted, late on a free machine, late on a busy one, or failed by a bug of this program. */
const letters: Readonly<Record<string, TimedRun>> = {
  p: timedRun(base, busy),
  w: timedRun({ ...base, isRight: false, seen: 'masked_truncation', why: 'wrong' }, busy),
  c: timedRun({ ...base, isRight: false, seen: 'cross_talk', why: 'corrupted', rules: ['I5'] }, busy),
  l: timedRun({ ...base, isRight: false, why: 'late', timed: 'burst' }, free),
  b: timedRun({ ...base, isRight: false, why: 'late while busy', timed: 'burst' }, busy),
  i: timedRun({ ...base, isRight: false, why: 'TypeError', seen: 'internal_error' }, free),
}

function runsOf(text: string): [TimedRun, ...TimedRun[]] {
  const [first, ...rest] = [...text].map((letter) => letters[letter] ?? assert.fail(letter))
  return [first ?? assert.fail(), ...rest]
}

describe('the result of a case that passed (p), was wrong (w), corrupted (c), late (l), late while busy (b), or met a bug (i)', () => {
  for (const [runs, isComplete, result, why] of [
    ['p', true, 'pass', ''],
    ['w', false, 'fail', 'wrong'],
    ['l', false, 'fail', 'late'],
    ['b', false, 'not-judged', 'late while busy'],
    ['wp', true, 'flaky', 'wrong'],
    ['lp', true, 'flaky', 'late'],
    ['bp', true, 'pass', ''],
    ['cp', true, 'fail', 'corrupted'],
    ['cw', true, 'fail', 'corrupted'],
    ['ww', true, 'fail', 'wrong'],
    ['wl', true, 'fail', 'late'],
    ['bw', false, 'not-judged', 'wrong'],
    ['bbp', true, 'pass', ''],
    ['bwp', true, 'flaky', 'wrong'],
    ['bww', true, 'fail', 'wrong'],
    ['wbw', true, 'fail', 'wrong'],
    ['wbb', true, 'not-judged', 'wrong'],
    ['bbb', true, 'not-judged', 'late while busy'],
    ['i', true, 'not-judged', 'TypeError'],
    ['wi', true, 'not-judged', 'TypeError'],
  ] as const)
    it(`${runs} is ${result}, ${isComplete ? 'and final' : 'if it cannot run again'}`, () => {
      const ran = runsOf(runs)
      assert.equal(isDecided(ran), isComplete)
      const judged = afterRuns(ran)
      assert.deepEqual([judged.result, judged.why, judged.runs], [result, why, runs.length])
      assert.equal(judged.isRight, result === 'pass')
      assert.equal(judged.busy !== undefined, result === 'not-judged')
      assert.equal('timed' in judged, false)
    })
})
