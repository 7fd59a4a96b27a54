import { printable } from '../base/printable.ts'
import { alignRows, type Row } from '../base/table.ts'
import { titledRule } from '../grammar/rules.ts'
import {
  type CaseResult,
  type Conformance,
  conformStatus,
  conformVerdict,
  countResults,
  type JudgedCase,
} from '../judge/conformance.ts'
import { junitXml, type TestCase } from './junit.ts'
import { targetText, testedLine } from './tested.ts'

/** Maximum number of failed background streams to print. */
const shownFailures = 5

/** The result of `conform` as a table, one line per case; the last line has the verdict. */
export function conformText(conformance: Conformance): string {
  const { gateway, target, requestProfile, cases, form, notPlayed, load, seed, idleLimitS } = conformance
  // A gateway whose form is right needs no column for it.
  const formCell = (text: string) => (form.length > 0 ? [text] : [])
  const header = ['fault', 'client saw', 'gateway', 'attempts', ...formCell('form'), 'result']
  const rows = cases.map((judged): Row => {
    const { name, seen, reaction, attempts } = judged
    return [name, seen, reaction, attempts, ...formCell(judged.form.join(' ')), resultText(judged)]
  })
  const [head = '', ...lines] = alignRows([header, ...rows])
  const all = [
    `Tested:   ${testedLine(gateway)}`,
    `Target:   ${targetText(target)}${requestProfile === 'sdk' ? '' : `, request profile ${requestProfile}`}, seed ${seed}, idle limit ${idleLimitS} s`,
    '',
    head,
    head.replace(/\S+( \S+)*/g, (title) => '-'.repeat(title.length)),
    ...lines,
    '',
    ...formLines(conformance),
    ...brokenRules(cases),
    ...busyLines(conformance),
    ...(notPlayed.length > 0 ? [`Skipped (not applicable to the upstream protocol): ${notPlayed.join(', ')}`, ''] : []),
    ...(load ? loadLines(load) : []),
    `${summary(conformance)} | tested: ${testedLine(gateway)}`,
  ]
  return `${all.join('\n')}\n`
}

function summary(conformance: Conformance): string {
  const { cases, form, isPartial } = conformance
  const { pass, flaky, 'not-judged': notJudged } = countResults(conformance)
  const parts = [
    `${pass} of ${cases.length} cases passed`,
    ...(flaky > 0 ? [`${flaky} flaky`] : []),
    ...(notJudged > 0 ? [`${notJudged} not judged`] : []),
    ...(form.length > 0 ? [`form wrong in ${cases.filter((judged) => judged.form.length > 0).length}`] : []),
    ...(isPartial ? ['interrupted'] : []),
  ]
  return `Conform: ${conformVerdict(conformance)} - ${parts.join(', ')}`
}

const resultNames: Readonly<Record<CaseResult, string>> = {
  pass: 'pass',
  flaky: 'flaky',
  fail: 'FAIL',
  'not-judged': 'not judged',
}

function resultText({ result, runs, why, rules }: JudgedCase): string {
  const broken = rules.length > 0 && result === 'pass' ? ` (${rules.join(', ')})` : ''
  const repeated = result === 'flaky' ? ` (passed in run ${runs})` : result === 'not-judged' ? ` (${runs} runs)` : ''
  return `${resultNames[result]}${why && ': '}${printable(why)}${broken}${repeated}`
}

/** What is wrong with every answer, each with the title of its rule. */
function formLines({ form }: Conformance): string[] {
  if (form.length === 0) return []
  return [
    'Form (wrong in most clean streams; no case fails because of it):',
    ...form.map((id) => `  ${formText(id)}`),
    '',
  ]
}

function formText(id: string): string {
  const titled = titledRule(id)
  return titled === id ? `${id} (in a run, these streams fail)` : titled
}

/** The title of each rule that the table names by its id only. */
function brokenRules(cases: readonly JudgedCase[]): string[] {
  const ids = [...new Set(cases.flatMap(({ result, rules }) => (result === 'pass' ? rules : [])))].sort()
  return ids.length > 0 ? [...ids.map(titledRule), ''] : []
}

function busyLines({ cases, load }: Conformance): string[] {
  const reasons = [...new Set([...cases, ...(load ? [load] : [])].flatMap(({ busy = [] }) => busy))]
  if (reasons.length === 0) return []
  return ['Not judged, because of the harness or the machine:', ...reasons.map((reason) => `  ${reason}`), '']
}

function loadLines({ streams, hurt, notJudged }: NonNullable<Conformance['load']>): string[] {
  return [
    `Background load: ${streams} clean streams, ${hurt.length} affected${notJudged > 0 ? `, ${notJudged} not judged` : ''}`,
    ...hurt.slice(0, shownFailures).map((text) => `  ${printable(text)}`),
    '',
  ]
}

/** The result of `conform` as JSON. */
export function conformJson(conformance: Conformance) {
  const { pass, flaky, fail, 'not-judged': notJudged } = countResults(conformance)
  const verdict = conformVerdict(conformance)
  const counts = { pass, flaky, fail, notJudged }
  return {
    tested: testedLine(conformance.gateway),
    passed: verdict === 'PASS',
    verdict,
    exitStatus: conformStatus[verdict],
    counts,
    ...conformance,
  }
}

/** The result of `conform` as JUnit XML: one test case per case, one for the form, and one for the background load. */
export function conformJunit({ gateway, target, cases, form, load }: Conformance): string {
  const classname = target.protocol
  const whole = (name: string, failure: string): TestCase => ({
    name,
    time: 0,
    result: failure === '' ? 'pass' : 'fail',
    failure,
  })
  const all: readonly TestCase[] = [
    ...cases.map(({ name, result, why, seen, durationS }): TestCase => {
      return { name, time: durationS, result, failure: `${why} (the client saw ${seen})` }
    }),
    ...(form.length > 0 ? [whole('form of the answers', form.map(titledRule).join('\n'))] : []),
    ...(load ? [whole(`background load of ${load.streams} clean streams`, load.hurt.join('\n'))] : []),
  ]
  return junitXml(`conform ${testedLine(gateway)}`, classname, all)
}
