import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import type { Problem } from '../base/errors.ts'
import { contentChoices } from '../model/content.ts'
import type { Distribution, StreamKind } from '../model/mix.ts'
import { describeKind, formatKind } from '../model/mix-text.ts'
import { profileNames } from '../model/profile-name.ts'
import { protocolNames } from '../model/protocol-name.ts'
import { paceOf } from '../plan/mix.ts'
import { scenarioVariables } from './compose-variables.ts'
import { parseKind } from './mix-text.ts'
import { readRunOptions } from './run-options.ts'
import { experimentOf } from './scenario.ts'

function parsed(text: string): StreamKind {
  const problems: Problem[] = []
  const kind = parseKind(text, problems)
  assert.deepEqual(problems, [])
  assert.ok(kind)
  return kind
}

function refused(text: string): string {
  const problems: Problem[] = []
  assert.equal(parseKind(text, problems), undefined)
  assert.ok(problems.length > 0)
  return problems.map(({ message, got, hint }) => [message, got, hint].filter(Boolean).join(' | ')).join('\n')
}

const number = (min: number, max: number) =>
  fc.integer({ min: Math.ceil(min * 1000), max: max * 1000 }).map((thousandths) => thousandths / 1000)
const anyDistribution = (min: number, max: number): fc.Arbitrary<Distribution> =>
  fc.oneof(
    number(min, max).map((value): Distribution => ({ distribution: 'constant', value })),
    fc.tuple(number(min, max), number(min, max)).map(([a, b]): Distribution => {
      return { distribution: 'uniform', min: Math.min(a, b), max: Math.max(a, b) }
    }),
    fc.tuple(number(min, max), number(0, max)).map(([mean, deviation]): Distribution => {
      return { distribution: 'normal', mean, deviation }
    }),
    fc.tuple(number(Math.max(min, 0.001), max), number(0, max)).map(([mean, deviation]): Distribution => {
      return { distribution: 'lognormal', mean, deviation }
    }),
    fc
      .array(number(min, max), { minLength: 1, maxLength: 9 })
      .map((values): Distribution => ({ distribution: 'values', values })),
  )
const anyKind: fc.Arbitrary<StreamKind> = fc.record(
  {
    name: fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,39}$/),
    weight: number(0.001, 1000),
    chunks: anyDistribution(1, 1000),
    delayMs: anyDistribution(0, 1000),
    deltaBytes: anyDistribution(1, 60_000),
    promptKb: anyDistribution(0.25, 1024),
    content: fc.constantFrom(...contentChoices),
    clientFault: fc.constantFrom('abort@50%', 'slow-read@sent', 'stall-read@3:0.5', 'abort@over#1,2,3'),
    requestProfile: fc.constantFrom(...profileNames),
    protocol: fc.constantFrom(...protocolNames),
  },
  { requiredKeys: ['name', 'weight'] },
)

describe('a kind of a mix', () => {
  it('is the same after it was written and read', () => {
    fc.assert(fc.property(anyKind, (kind) => assert.deepEqual(parsed(formatKind(kind)), { ...kind })))
  })

  it('is written without spaces, so that it is one word of an environment variable', () => {
    fc.assert(fc.property(anyKind, (kind) => assert.doesNotMatch(formatKind(kind), /\s/)))
  })

  it('is read as people write it', () => {
    assert.deepEqual(
      parsed(
        'tools: weight=3, content=tools, chunks=lognormal(40, 20), delay-ms=uniform(10,50), prompt-kb=64, client-fault=abort',
      ),
      {
        name: 'tools',
        weight: 3,
        content: 'tools',
        chunks: { distribution: 'lognormal', mean: 40, deviation: 20 },
        delayMs: { distribution: 'uniform', min: 10, max: 50 },
        promptKb: { distribution: 'constant', value: 64 },
        clientFault: 'abort@50%',
      },
    )
    assert.deepEqual(parsed('rest'), { name: 'rest', weight: 1 })
  })

  it('never throws, and says what is wrong with any text', () => {
    const pieces = fc.constantFrom(
      'a',
      ':',
      ',',
      '=',
      '(',
      ')',
      'chunks',
      'uniform',
      '1',
      '-',
      '#',
      'empirical',
      ' ',
      '\0',
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(pieces).map((list) => list.join('')),
        ),
        (text) => {
          const problems: Problem[] = []
          const kind = parseKind(text, problems)
          assert.equal(kind === undefined, problems.length > 0)
        },
      ),
    )
  })

  const mistakes: readonly (readonly [string, RegExp])[] = [
    ['', /must be 'NAME: key=value, ...'/],
    ['Long: chunks=3', /with a name of lower-case letters/],
    ['a: chunk=3', /in kind a, chunk is not a setting of a kind \| "a: chunk=3" \| Did you mean chunks\?/],
    ['a: colour=red', /colour is not a setting .* Use weight, chunks, delay-ms/],
    ['a: chunks=3, chunks=4', /chunks is set twice/],
    ['a: weight=0', /in kind a, weight must be a number above 0/],
    ['a: weight=-1', /must be a number above 0/],
    ['a: chunks=0', /chunks must have values from 1 to 1000000 \(value has 0\)/],
    ['a: chunks=uniform(5,2)', /with MIN at most MAX/],
    ['a: chunks=uniform(5)', /must be uniform\(MIN,MAX\)/],
    ['a: chunks=unifrom(1,2)', /Did you mean uniform\(MIN,MAX\)\?/],
    ['a: chunks=lognormal(0,1)', /must be lognormal\(MEAN,DEVIATION\) with a mean above 0|values from 1/],
    ['a: delay-ms=lognormal(0,1)', /with a mean above 0/],
    ['a: delay-ms=normal(5,1e3)', /must be normal\(MEAN,DEVIATION\) with numbers/],
    ['a: prompt-kb=2000', /prompt-kb must have values from 0.25 to 1024 \(value has 2000\)/],
    ['a: prompt-kb=uniform(1,2000)', /\(max has 2000\)/],
    ['a: delta-bytes=70000', /from 1 to 65536/],
    ['a: content=tool', /content must be one of mixed, .* \| "tool" \| Did you mean tools\?/],
    ['a: client-fault=leave', /client-fault must be one of abort/],
    ['a: request-profile=claude', /request-profile must be one of sdk/],
    ['a: protocol=chat', /protocol must be one of anthropic-messages/],
    ['a: chunks=empirical(/nonexistent/file)', /cannot be read: \/nonexistent\/file \(ENOENT\)/],
    ['a: chunks=empirical()', /cannot be read: no file/],
    ['a: chunks=empirical(/)', /is not a file: \//],
  ]
  for (const [text, expected] of mistakes)
    it(`is refused: ${JSON.stringify(text)}`, () => assert.match(refused(text), expected))
})

describe('an empirical distribution', () => {
  const contents: Readonly<Record<string, string>> = {
    lines: '5\n10\n\n2.5\r\n',
    csv: '\ufeffid,"out,tokens",ms\n1,5,0.1\n2,10,0.2\n',
    'no-header.csv': '1,5\n2,6\n',
    'bad.csv': 'id,out\n1,5\n2,five\n',
    negative: '1\n-5\n',
    empty: '\n\n',
    many: '1\n'.repeat(10_001),
  }

  it('is read from a file with one number per line, or from a column of a CSV file', (t) => {
    const folder = temporaryFolder(t)
    for (const [name, text] of Object.entries(contents)) writeFileSync(join(folder, name), text)
    const values = (reference: string) => parsed(`a: delay-ms=empirical(${join(folder, reference)})`).delayMs
    const of = (...numbers: number[]) => ({ distribution: 'values', values: numbers })
    assert.deepEqual(values('lines'), of(5, 10, 2.5))
    assert.deepEqual(values('csv#ms'), of(0.1, 0.2))
    assert.deepEqual(values('csv#out,tokens'), of(5, 10))
    assert.deepEqual(values('csv#2'), of(5, 10))
    assert.deepEqual(values('no-header.csv#2'), of(5, 6))
    const mistakes: readonly (readonly [string, RegExp])[] = [
      ['bad.csv#out', /needs a number of at least 0 in .*bad\.csv:3, not "five"/],
      ['bad.csv#in', /has no column "in" in .*bad\.csv \(columns: id, out\)/],
      ['negative', /negative:2, not "-5"/],
      ['empty', /has no numbers in/],
      ['many', /has 10001 numbers in .* \(limit 10000\); take a sample of them with shuf/],
      ['csv', /needs a number/],
    ]
    for (const [reference, expected] of mistakes)
      assert.match(refused(`a: chunks=empirical(${join(folder, reference)})`), expected)
  })

  it('is stored with its values, and shown by their number', (t) => {
    const folder = temporaryFolder(t)
    writeFileSync(join(folder, 'sizes'), '1\n2\n3\n4\n5\n6\n')
    const kind = parsed(`a: chunks=empirical(${join(folder, 'sizes')})`)
    assert.equal(formatKind(kind), 'a:weight=1,chunks=values(1,2,3,4,5,6)')
    assert.equal(describeKind(kind), 'a: weight=1, chunks=6 values')
  })
})

describe('the mix of a scenario', () => {
  it('is plain data', () => {
    const { scenario } = experimentOf({ mix: ['a: weight=2, chunks=5', 'b: content=tools'] })
    assert.deepEqual(scenario.mix, [
      { name: 'a', weight: 2, chunks: { distribution: 'constant', value: 5 } },
      { name: 'b', weight: 1, content: 'tools' },
    ])
    assert.equal(experimentOf({}).scenario.mix, undefined)
  })

  it('is refused if its kinds do not go together, or with the gateway', () => {
    const mistakes: readonly (readonly [readonly string[], RegExp])[] = [
      [['a', 'a'], /mix: has two kinds named a/],
      [Array.from({ length: 51 }, (_, index) => `k${index}`), /mix: can be used at most 50 times/],
      [['a: request-profile=codex'], /in kind a: codex speaks openai-responses/],
      [['a: protocol=openai-responses'], /in kind a, protocol must be one that the gateway supports/],
    ]
    for (const [mix, expected] of mistakes)
      assert.throws(() => experimentOf({ mix }, ['anthropic-messages', 'openai-chat-completions']), expected)
  })
})

describe('the mix of a command line', () => {
  type Flags = Readonly<Record<string, string | readonly string[]>>
  const options = (flags: Flags) => readRunOptions({ gateway: 'reference', ...flags }, { A_KEY: 'x' })
  const slow = ['fast: weight=99, chunks=2, delay-ms=1', 'slow: chunks=100, delay-ms=normal(2000,1)']

  it('is passed to a container as it is', () => {
    const { scenario } = options({ mix: slow, timeout: '600' }).experiment
    const again = options({ mix: (scenarioVariables(scenario)['MIX'] ?? '').split(' '), timeout: '600' })
    assert.deepEqual(again.experiment.scenario, scenario)
    assert.equal(scenario.mix?.length, 2)
  })

  it('is refused if its longest stream or delay does not fit into a time limit', () => {
    assert.throws(() => options({ mix: slow }), /--timeout: must be longer than the longest stream of --mix, 19[78]/)
    const flags = { mix: slow, timeout: '600', 'idle-timeout': '2' }
    assert.throws(() => options(flags), /--idle-timeout: must be longer than the longest delay of --mix, 2\.0/)
    // Only the mix counts: no stream has the delay of the flags.
    options({ mix: ['a: chunks=2, delay-ms=1'], chunks: '1000', 'delay-ms': '1000' })
  })

  it('is refused with one key for several protocols, and with a required baseline if clients leave', () => {
    const mix = ['a: protocol=openai-chat-completions', 'b']
    assert.throws(
      () => options({ mix, 'api-key-env': 'A_KEY' }),
      /--api-key-env: cannot be combined with a --mix of several/,
    )
    const leaving = { mix: ['a: client-fault=abort'], baseline: 'true' }
    assert.throws(() => options(leaving), /--baseline: cannot be combined with --fault or --client-fault/)
  })

  it('decides how many streams an open loop may have open, and how long a gateway must wait', () => {
    const { experiment, topology } = options({ mix: slow, timeout: '600', rate: '1000/s', duration: '10s' })
    const { longestMs = 0 } = paceOf(experiment.scenario)
    assert.ok(longestMs > 190_000)
    assert.equal(topology.kind === 'local' && topology.options.streamMs, longestMs)
    const most = experiment.scenario.phases?.[0]?.maxStreams ?? 0
    // A stream lasts 2 s on average: one in a hundred 200 s, the others 2 ms.
    assert.ok(most > 3000 && most < 5500, `${most}`)
  })
})
