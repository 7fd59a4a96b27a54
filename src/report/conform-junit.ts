import type { Conformance, JudgedCase } from '../judge/conformance.ts'
import { testedLine } from './tested.ts'

/** What a gateway conforms to, as JUnit XML: a test case for each case, and one for the streams beside. */
export function conformJunit({ gateway, target, cases, load }: Conformance): string {
  const hurt = load?.hurt ?? []
  const failures = cases.filter(({ isRight }) => !isRight).length + (hurt.length > 0 ? 1 : 0)
  const tests = cases.length + (load ? 1 : 0)
  const suite = attributes({ name: `conform ${testedLine(gateway)}`, tests, failures })
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites><testsuite ${suite}>`,
    ...cases.map((of) => caseXml(of, target.protocol)),
    ...(load
      ? [
          testcase(
            { classname: target.protocol, name: `${load.streams} clean streams beside`, time: 0 },
            hurt.join('\n'),
          ),
        ]
      : []),
    '</testsuite></testsuites>',
    '',
  ].join('\n')
}

function caseXml({ name, isRight, why, seen, durationS }: JudgedCase, protocol: string): string {
  return testcase({ classname: protocol, name, time: durationS }, isRight ? '' : `${why} (the client saw ${seen})`)
}

function testcase(of: Readonly<Record<string, string | number>>, failure: string): string {
  if (failure === '') return `<testcase ${attributes(of)}/>`
  return `<testcase ${attributes(of)}><failure ${attributes({ message: failure })}/></testcase>`
}

function attributes(of: Readonly<Record<string, string | number>>): string {
  return Object.entries(of)
    .map(([name, value]) => `${name}="${escaped(String(value))}"`)
    .join(' ')
}

/** Characters that XML 1.0 forbids are left out (section 2.2), and those that mean something are escaped. */
function escaped(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '')
    .replace(/[&<>"\n\r\t]/g, (char) => `&#${char.charCodeAt(0)};`)
}
