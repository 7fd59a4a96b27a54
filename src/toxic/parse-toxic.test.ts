import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { describeProblem, type Problem } from '../base/errors.ts'
import { formatHopToxic, formatToxic, hops, parseHopToxic, parseToxic } from './parse-toxic.ts'
import { kindOf, type Toxic, toxicNames } from './toxics.ts'

/** Parses a `--toxic` text. */
function problemsOf(text: string, parse: (text: string, problems: Problem[]) => unknown = parseHopToxic): string[] {
  const problems: Problem[] = []
  assert.equal(parse(text, problems), undefined)
  return problems.map(describeProblem)
}

describe('a toxic as text', () => {
  const right: readonly (readonly [text: string, type: Toxic['type'], attributes: object, others?: object])[] = [
    ['latency=20ms', 'latency', { latency: 20, jitter: 0 }],
    ['latency=1.5s,jitter=500us', 'latency', { latency: 1500, jitter: 0.5 }],
    ['bandwidth=64KB/s', 'bandwidth', { rate: 64 }],
    ['bandwidth=1.25MB/s', 'bandwidth', { rate: 1250 }],
    ['bandwidth=500B/s', 'bandwidth', { rate: 0.5 }],
    ['slow_close=0', 'slow_close', { delay: 0 }],
    ['timeout=0', 'timeout', { timeout: 0 }],
    ['reset_peer=200ms', 'reset_peer', { timeout: 200 }],
    ['slicer=100', 'slicer', { average_size: 100, size_variation: 0, delay: 0 }],
    ['slicer=1KB,size_variation=10B,delay=2ms', 'slicer', { average_size: 1000, size_variation: 10, delay: 2000 }],
    ['limit_data=10KB', 'limit_data', { bytes: 10_000 }],
    ['limit_data=0', 'limit_data', { bytes: 0 }],
    ['timeout=1s,toxicity=0.25,stream=upstream', 'timeout', { timeout: 1000 }, { stream: 'upstream', toxicity: 0.25 }],
  ]
  for (const [text, type, attributes, others] of right)
    it(`${text} is parsed`, () => {
      const problems: Problem[] = []
      const toxic = { type, stream: 'downstream', toxicity: 1, attributes, ...others }
      assert.deepEqual(parseToxic(text, problems), toxic)
      assert.deepEqual(parseHopToxic(`gateway-mock:${text}`, problems), { hop: 'gateway-mock', toxic })
      assert.deepEqual(problems, [])
    })

  const wrong: readonly (readonly [text: string, ...says: RegExp[]])[] = [
    ['', /HOP:NAME=VALUE.*got ""/, /unknown toxic, must be one of latency, .*got ""/],
    ['latency=20ms', /HOP:NAME=VALUE, with HOP one of runner-gateway, gateway-mock \(got "latency=20ms"/],
    ['gateway-mok:latency=20ms', /\(got "gateway-mok"\)\. Did you mean gateway-mock\?/],
    ['gateway-mock:latncy=20ms', /unknown toxic.*\(got "latncy"\)\. Did you mean latency\?/],
    ['gateway-mock:toString=1', /unknown toxic.*got "toString"/],
    ['gateway-mock:latency', /latency must be a time such as 20ms, 1.5s or 500us, from 0ms to 3600000ms \(got ""\)/],
    ['gateway-mock:latency=20', /latency must be a time.*got "20"/],
    ['gateway-mock:latency=-1ms', /got "-1ms"/],
    ['gateway-mock:latency=1h', /got "1h"/],
    ['gateway-mock:latency=3601s', /from 0ms to 3600000ms \(got "3601s"/],
    ['gateway-mock:latency=0.5us', /got "0.5us"/],
    ['gateway-mock:latency=1e3ms', /got "1e3ms"/],
    ['gateway-mock:latency=99999999999999999999ms', /got "9+ms"/],
    ['gateway-mock:latency=20ms,jiter=5ms', /attributes of latency are.*\(got "jiter"\)\. Did you mean jitter\?/],
    ['gateway-mock:latency=20ms,jitter=5', /jitter of latency must be a time.*got "5"/],
    ['gateway-mock:latency=20ms,latency=30ms', /latency can be passed only once \(got "latency=30ms"\)/],
    ['gateway-mock:latency=20ms,toxicity=0.1,toxicity=0.2', /toxicity can be passed only once/],
    ['gateway-mock:latency=20ms,toxicity=1.1', /toxicity must be a number from 0 to 1.*got "1.1"/],
    ['gateway-mock:latency=20ms,toxicity=50%', /toxicity must be .*got "50%"/],
    ['gateway-mock:latency=20ms,stream=downstrem', /stream must be .*\(got "downstrem"\)\. Did you mean downstream\?/],
    ['gateway-mock:latency=20ms,', /attributes of latency.*got ""/],
    ['gateway-mock:bandwidth=0', /rate of bandwidth must be a rate.*from 0.001KB\/s.*got "0"/],
    ['gateway-mock:bandwidth=64KB', /rate of bandwidth must be a rate such as 64KB\/s.*got "64KB"/],
    ['gateway-mock:slicer=0', /average_size of slicer must be a size.*got "0"/],
    ['gateway-mock:slicer=10,size_variation=10', /size_variation must be below the average_size of 10 \(got/],
    ['gateway-mock:limit_data=1.5', /bytes of limit_data must be a size.*got "1.5"/],
    ['gateway-mock:limit_data=\u001b[31m', /got "\\u001b\[31m"/],
    [
      'gateway:latency=x,jitter=y,toxicity=2,stream=z,more=1',
      /HOP/,
      /attributes of latency.*"more"/,
      /stream.* must be /,
      /toxicity.* must be /,
      /latency.* must be /,
      /jitter.* must be /,
    ],
  ]
  for (const [text, ...says] of wrong)
    it(`${JSON.stringify(text)} is rejected with all its problems`, () => {
      const problems = problemsOf(text)
      assert.equal(problems.length, says.length, problems.join('\n'))
      for (const [i, say] of says.entries()) {
        assert.match(problems[i] as string, say)
        assert.match(problems[i] as string, /^--toxic: \S.* \(got .*\)\.( Did you mean \S+\?)?$/s)
      }
    })

  it('is rejected by parseToxic if it names a hop', () => {
    assert.match(
      problemsOf('gateway-mock:latency=20ms', parseToxic).join('\n'),
      /unknown toxic.*got "gateway-mock:latency"/,
    )
  })

  it('that was formatted from a toxic is parsed to the same toxic', () => {
    const toxic = fc.constantFrom(...toxicNames).chain((type) => {
      const { attributes } = kindOf(type)
      const values = Object.entries(attributes).map(([name, { unit, min, max }]) => {
        // Integers of us, B/s or bytes.
        const parts = unit === 'ms' || unit === 'KB/s' ? 1000 : 1
        const least = name === 'average_size' ? 1001 : min
        const most = name === 'size_variation' ? 1000 : max
        const value = fc.integer({ min: least * parts, max: most * parts })
        return [name, fc.oneof(value, fc.constant(least * parts)).map((whole) => whole / parts)] as const
      })
      return fc.record(
        {
          type: fc.constant(type),
          stream: fc.constantFrom('downstream', 'upstream'),
          toxicity: fc.oneof(
            fc.constant(1),
            fc.nat(1_000_000).map((share) => share / 1_000_000),
          ),
          attributes: fc.record(Object.fromEntries(values), { noNullPrototype: true }),
        },
        { noNullPrototype: true },
      )
    }) as unknown as fc.Arbitrary<Toxic>
    fc.assert(
      fc.property(toxic, fc.constantFrom(...hops), (expected, hop) => {
        const problems: Problem[] = []
        assert.deepEqual([parseToxic(formatToxic(expected), problems), ...problems], [expected])
        const hopToxic = { hop, toxic: expected }
        assert.deepEqual([parseHopToxic(formatHopToxic(hopToxic), problems), ...problems], [hopToxic])
      }),
    )
  })

  it('is either parsed or rejected, whatever its content', () => {
    const token = fc.constantFrom(
      ...toxicNames,
      ...hops,
      'jitter',
      'toxicity',
      'stream',
      '=',
      ',',
      ':',
      '5ms',
      '1',
      '__proto__',
    )
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(token, { maxLength: 9 }).map((tokens) => tokens.join('')),
    )
    fc.assert(
      fc.property(text, (input) => {
        for (const parse of [parseToxic, parseHopToxic]) {
          const problems: Problem[] = []
          assert.equal(parse(input, problems) === undefined, problems.length > 0)
        }
      }),
      { numRuns: 500 },
    )
  })
})
