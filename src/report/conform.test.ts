import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Conformance, conformVerdict, type JudgedCase } from '../judge/conformance.ts'
import { conformJson, conformJunit, conformText } from './conform.ts'

function judged(name: string, members: Partial<JudgedCase> = {}): JudgedCase {
  const passed = { isRight: true, seen: 'whole', why: '', result: 'pass', runs: 1 } as const
  return { name, describe: '', rows: [], rules: [], form: [], attempts: 1, durationS: 0.2, ...passed, ...members }
}

const failed = { isRight: false, result: 'fail', why: 'it is <wrong>', seen: 'masked_truncation', runs: 2 } as const
const flaky = { isRight: false, result: 'flaky', why: 'buffered', runs: 2 } as const
const notJudged = {
  isRight: false,
  result: 'not-judged',
  why: 'buffered',
  runs: 3,
  busy: ['The CPUs were busy.'],
} as const

function conformanceOf(cases: readonly JudgedCase[], members: Partial<Conformance> = {}): Conformance {
  return {
    gateway: { kind: 'reference', name: 'gateway 1', location: 'here', settings: [] },
    target: { baseUrl: 'http://127.0.0.1:1', protocol: 'anthropic-messages' },
    requestProfile: 'sdk',
    seed: 1,
    idleLimitS: 30,
    cases,
    form: [],
    notPlayed: [],
    isPartial: false,
    ...members,
  }
}

const verdicts: readonly (readonly [
  what: string,
  conformance: Conformance,
  verdict: 'PASS' | 'FAIL' | 'INVALID',
  summary: RegExp,
])[] = [
  ['only passes', conformanceOf([judged('a')]), 'PASS', /PASS - 1 of 1 cases passed \|/],
  ['a flaky case', conformanceOf([judged('a'), judged('b', flaky)]), 'PASS', /1 of 2 cases passed, 1 flaky \|/],
  ['a case not judged', conformanceOf([judged('a'), judged('b', notJudged)]), 'INVALID', /passed, 1 not judged \|/],
  ['a failure next to it', conformanceOf([judged('a', failed), judged('b', notJudged)]), 'FAIL', /FAIL - 0 of 2/],
  [
    'only the form is wrong',
    conformanceOf([judged('a', { form: ['A3'] })], { form: ['A3'] }),
    'FAIL',
    /form wrong in 1 \|/,
  ],
  [
    'an affected background stream',
    conformanceOf([judged('a')], { load: { streams: 3, hurt: ['x'], notJudged: 0, busy: [] } }),
    'FAIL',
    /FAIL/,
  ],
  [
    'one that is not judged',
    conformanceOf([judged('a')], { load: { streams: 3, hurt: [], notJudged: 1, busy: ['x'] } }),
    'INVALID',
    /INVALID/,
  ],
  ['an interrupt', conformanceOf([judged('a')], { isPartial: true }), 'FAIL', /interrupted/],
  ['nothing but a probe', conformanceOf([judged('probe after x')]), 'FAIL', /FAIL/],
]

for (const [what, conformance, verdict, summary] of verdicts)
  test(`the verdict with ${what} is ${verdict}, in text and JSON`, () => {
    assert.equal(conformVerdict(conformance), verdict)
    const { verdict: written, passed, exitStatus } = conformJson(conformance)
    assert.deepEqual([written, passed], [verdict, verdict === 'PASS'])
    assert.equal(exitStatus, { PASS: 0, FAIL: 1, INVALID: 3 }[verdict])
    assert.match(conformText(conformance).trimEnd().split('\n').at(-1) ?? '', summary)
  })

const mixed = conformanceOf(
  [
    judged('clean plain', { form: ['A2', 'A3'] }),
    judged('clean tools', { ...flaky, form: ['A3'] }),
    judged('clean length', notJudged),
    judged('truncate@0', { ...failed, reaction: 'masked' }),
  ],
  { form: ['A2', 'A3', 'not_an_event'] },
)

test('the table has a column for a wrong form, which is stated once, and says what was flaky and what was busy', () => {
  const text = conformText(mixed)
  assert.match(text, /^fault +client saw +gateway +attempts +form +result$/m)
  assert.match(text, /^clean plain +whole +1 +A2 A3 +pass$/m)
  assert.match(text, /^clean tools .* flaky: buffered \(passed in run 2\)$/m)
  assert.match(text, /^clean length .* not judged: buffered \(3 runs\)$/m)
  assert.match(
    text,
    /^Form \(.*\):\n {2}A2 event name .*\n {2}A3 message_start .*\n {2}not_an_event \(in a run, these streams fail\)/m,
  )
  assert.match(text, /^Not judged, because .*:\n {2}The CPUs were busy\.$/m)
  assert.match(text, /^Conform: FAIL - 1 of 4 cases passed, 1 flaky, 1 not judged, form wrong in 2 \|/m)
  assert.doesNotMatch(conformText(conformanceOf([judged('a')])), /\bform\b/i)
})

test('the JSON counts the results and has the runs of each case', () => {
  const { counts, cases } = conformJson(mixed)
  assert.deepEqual(counts, { pass: 1, flaky: 1, fail: 1, notJudged: 1 })
  assert.deepEqual(
    cases.map(({ result, runs }) => [result, runs]),
    [
      ['pass', 1],
      ['flaky', 2],
      ['not-judged', 3],
      ['fail', 2],
    ],
  )
})

test('the JUnit file has failures, flaky and skipped cases, and a case for the form', () => {
  const xml = conformJunit(mixed)
  assert.match(xml, /tests="5" failures="2" skipped="1"/)
  assert.match(xml, /name="clean tools" time="0.2"><flakyFailure message="buffered/)
  assert.match(xml, /name="clean length" time="0.2"><skipped message=/)
  assert.match(xml, /name="truncate@0" time="0.2"><failure message="it is &#60;wrong&#62;/)
  assert.match(xml, /name="form of the answers" time="0"><failure message="A2 event name/)
})
