import { printable } from '../base/printable.ts'
import { alignRows, type Row } from '../base/table.ts'
import { titledRule } from '../grammar/rules.ts'
import { type Conformance, isPassed, type JudgedCase } from '../judge/conformance.ts'
import { testedLine } from './tested.ts'

/** Maximum number of failed background streams to print. */
const shownFailures = 5

const header = ['fault', 'client saw', 'gateway', 'attempts', 'result']

/** The result of `conform` as a table, one line per case; the last line has the verdict. */
export function conformText(conformance: Conformance): string {
  const { gateway, target, requestProfile, cases, notPlayed, load, seed, idleLimitS, isPartial } = conformance
  const [head = '', ...rows] = alignRows([header, ...cases.map(rowOf)])
  const verdict = isPassed(conformance) ? 'PASS' : 'FAIL'
  const passed = cases.filter(({ isRight }) => isRight).length
  const lines = [
    `Tested:   ${testedLine(gateway)}`,
    `Target:   ${target.baseUrl}, ${target.protocol}${requestProfile === 'sdk' ? '' : `, requests of ${requestProfile}`}, seed ${seed}, idle limit ${idleLimitS} s`,
    '',
    head,
    head.replace(/\S+( \S+)*/g, (title) => '-'.repeat(title.length)),
    ...rows,
    '',
    ...brokenRules(cases),
    ...(notPlayed.length > 0 ? [`Skipped (not applicable to the upstream protocol): ${notPlayed.join(', ')}`, ''] : []),
    ...(load ? loadLines(load) : []),
    `Conform: ${verdict} - ${passed} of ${cases.length} cases passed${isPartial ? ', interrupted' : ''} | tested: ${testedLine(gateway)}`,
  ]
  return `${lines.join('\n')}\n`
}

function rowOf({ name, seen, reaction, attempts, isRight, why, rules }: JudgedCase): Row {
  const broken = rules.length > 0 && isRight ? ` (${rules.join(', ')})` : ''
  return [name, seen, reaction, attempts, `${isRight ? 'pass' : 'FAIL'}${why && ': '}${printable(why)}${broken}`]
}

/** The title of each rule that the table names by its id only. */
function brokenRules(cases: readonly JudgedCase[]): string[] {
  const ids = [...new Set(cases.flatMap(({ isRight, rules }) => (isRight ? rules : [])))].sort()
  return ids.length > 0 ? [...ids.map(titledRule), ''] : []
}

function loadLines({ streams, hurt }: NonNullable<Conformance['load']>): string[] {
  return [
    `Background load: ${streams} clean streams, ${hurt.length} affected`,
    ...hurt.slice(0, shownFailures).map((text) => `  ${printable(text)}`),
    '',
  ]
}

/** The result of `conform` as JSON. */
export function conformJson(conformance: Conformance) {
  return { tested: testedLine(conformance.gateway), passed: isPassed(conformance), ...conformance }
}

/** The result of `conform` as JUnit XML: one test case per case, and one for the background load. */
export function conformJunit({ gateway, target, cases, load }: Conformance): string {
  const hurt = load?.hurt ?? []
  const failures = cases.filter(({ isRight }) => !isRight).length + (hurt.length > 0 ? 1 : 0)
  const tests = cases.length + (load ? 1 : 0)
  const classname = target.protocol
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites><testsuite ${attributes({ name: `conform ${testedLine(gateway)}`, tests, failures })}>`,
    ...cases.map(({ name, isRight, why, seen, durationS }) =>
      testcase({ classname, name, time: durationS }, isRight ? '' : `${why} (the client saw ${seen})`),
    ),
    ...(load
      ? [testcase({ classname, name: `background load of ${load.streams} clean streams`, time: 0 }, hurt.join('\n'))]
      : []),
    '</testsuite></testsuites>',
    '',
  ].join('\n')
}

function testcase(members: Readonly<Record<string, string | number>>, failure: string): string {
  if (failure === '') return `<testcase ${attributes(members)}/>`
  return `<testcase ${attributes(members)}><failure ${attributes({ message: failure })}/></testcase>`
}

function attributes(members: Readonly<Record<string, string | number>>): string {
  return Object.entries(members)
    .map(([name, value]) => `${name}="${escaped(String(value))}"`)
    .join(' ')
}

/** Removes the characters that XML 1.0 forbids (section 2.2) and escapes those with a meaning. */
function escaped(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '')
    .replace(/[&<>"\n\r\t]/g, (char) => `&#${char.charCodeAt(0)};`)
}
