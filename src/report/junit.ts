import type { CaseResult } from '../judge/conformance.ts'

/** One test case of a JUnit file. */
export interface TestCase {
  readonly name: string
  /** In s. */
  readonly time: number
  readonly result: CaseResult
  /** Why it did not pass. */
  readonly failure: string
}

type Attributes = Readonly<Record<string, string | number>>

/** A JUnit file with one suite. Every case belongs to the class `classname`. */
export function junitXml(suite: string, classname: string, cases: readonly TestCase[]): string {
  const count = (counted: CaseResult) => cases.filter(({ result }) => result === counted).length
  const totals = { tests: cases.length, failures: count('fail'), skipped: count('not-judged') }
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites><testsuite ${attributes({ name: suite, ...totals })}>`,
    ...cases.map(({ result, failure, ...members }) => testcase({ classname, ...members }, result, failure)),
    '</testsuite></testsuites>',
    '',
  ].join('\n')
}

function testcase(members: Attributes, result: CaseResult, failure: string): string {
  if (result === 'pass') return `<testcase ${attributes(members)}/>`
  const element = ({ fail: 'failure', 'not-judged': 'skipped', flaky: 'flakyFailure' } as const)[result]
  return `<testcase ${attributes(members)}><${element} ${attributes({ message: failure })}/></testcase>`
}

function attributes(members: Attributes): string {
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
