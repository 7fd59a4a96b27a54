import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { describeProblem, type Problem } from '../../base/errors.ts'
import { operators } from './comparison.ts'
import { metricNames, metricOf } from './metrics.ts'
import { canAbort, formatThreshold, parseThreshold, type Threshold, thresholdText } from './threshold.ts'

const read = (text: string) => {
  const problems: Problem[] = []
  const threshold = parseThreshold(text, problems)
  assert.equal(threshold === undefined, problems.length > 0)
  return { canonical: threshold && formatThreshold(threshold), problems: problems.map(describeProblem).join('\n') }
}

const metric = fc.oneof(
  fc.constantFrom(...metricNames),
  fc
    .tuple(fc.constantFrom('ttft', 'transit'), fc.integer({ min: 1, max: 99_999 }))
    .map(([time, p]) => `${time}.p${p / 1000}`),
)
const phase = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,39}$/)
const thresholds: fc.Arbitrary<Threshold> = fc
  .record({
    metric,
    phase: fc.option(phase, { nil: undefined }),
    operator: fc.constantFrom(...operators),
    limit: fc.oneof(
      fc.nat(),
      fc.maxSafeNat().map((value) => value % 1e15),
    ),
    afterNs: fc.option(fc.nat(), { nil: undefined }),
  })
  .map(({ afterNs, phase: name, limit, ...named }) => {
    const members = { ...named, limit: limit % ((metricOf(named.metric)?.measure.most ?? 1e15) + 1) }
    const tagged = metricOf(members.metric)?.perPhase && name !== undefined ? { ...members, phase: name } : members
    return afterNs !== undefined && canAbort(tagged) ? { ...tagged, abort: { afterNs } } : tagged
  })

describe('the grammar of thresholds', () => {
  it('parses every threshold that was formatted to itself, with or without spaces', () => {
    fc.assert(
      fc.property(thresholds, (threshold) => {
        const text = formatThreshold(threshold)
        assert.deepEqual(parseThreshold(text, []), threshold)
        assert.deepEqual(parseThreshold(text.replaceAll(' ', ''), []), threshold)
      }),
      { numRuns: 1000 },
    )
  })

  it('refuses any other text with a problem, and never throws', () => {
    const pieces = ['ttft', '.', 'p99', 'p(', ')', '{phase:', '}', '<', '=', '250', 'ms', '%', ',', 'abort', ' ', 'or']
    const texts = fc.oneof(
      fc.string(),
      fc.array(fc.constantFrom(...pieces)).map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(texts, (text) => void read(text)),
      { numRuns: 2000 },
    )
  })

  for (const [text, canonical] of [
    ['ttft.p99 < 250ms', 'ttft.p99 < 250ms'],
    ['ttft.p(99)<250', 'ttft.p99 < 250ms'],
    ['  ttft.p(99.90)  <=  0.25s ', 'ttft.p99.9 <= 250ms'],
    ['ttft.med<50', 'ttft.p50 < 50ms'],
    ['ttft.p99.0<1500', 'ttft.p99 < 1500ms'],
    ['ttft{phase:spike}.p99<250', 'ttft{phase:spike}.p99 < 250ms'],
    ['ttft.p99.9{phase:spike}<250', 'ttft{phase:spike}.p99.9 < 250ms'],
    ['errors.http_5xx.rate{phase:a} < 1%', 'errors.http_5xx{phase:a}.rate < 1%'],
    ['interChunk.max<1s', 'interChunk.max < 1s'],
    ['failed.rate<0.01', 'failed.rate < 1%'],
    ['failed.rate==0', 'failed.rate == 0%'],
    ['failed.count===0', 'failed.count == 0'],
    ['findings.I5.count == 0', 'findings.I5.count == 0'],
    ['findings.fd_leak.count==0', 'findings.fd_leak.count == 0'],
    ['overhead.ttft.p50 < 5ms', 'overhead.ttft.p50 < 5ms'],
    ['cpu.perEvent < 50us', 'cpu.perEvent < 50us'],
    ['memory.peak < 512MiB', 'memory.peak < 512MiB'],
    ['goodput.rate >= 12.5/s', 'goodput.rate >= 12.5/s'],
    ['goodput.share > 99.9%', 'goodput.share > 99.9%'],
    ['throughput.rate > 1.5Mbit/s', 'throughput.rate > 1500kbit/s'],
    ['failed.rate<1%,abort', 'failed.rate < 1%, abort'],
    ['failed.count < 10, abort after 30s', 'failed.count < 10, abort after 30s'],
    ['ttft.p99 < 250ms, abort', 'ttft.p99 < 250ms, abort'],
    ['ttft.max <= 1s, abort', 'ttft.max <= 1s, abort'],
    ['failed.count < 10, abort after 0s', 'failed.count < 10, abort'],
  ] as const)
    it(`reads ${JSON.stringify(text)} as ${canonical}`, () => {
      assert.deepEqual(read(text), { canonical, problems: '' })
    })

  const shareText = 'must be a share such as 1% or 0.01'
  for (const [text, problem] of [
    ['', /^: must be METRIC < LIMIT such as "ttft\.p99 < 250ms".* \(got ""\)\.$/],
    ['ttft.p99', /must be METRIC < LIMIT/],
    ['ttft.p99 = 250ms', /must compare with one of < <= > >= == != \(got "ttft.p99 = 250ms"\)/],
    ['ttft.p99 => 250ms', /must compare with one of/],
    ['ttft.p99 <', /the limit of ttft.p99 must be a time such as 250ms, 1\.5s or 500us \(got "ttft\.p99 <"\)/],
    ['< 250ms', /unknown metric/],
    ['tftt.p99 < 250ms', /unknown metric \(got "tftt\.p99"\)\. Did you mean ttft\.p99\?/],
    ['failed.rat < 1%', /unknown metric .* Did you mean failed\.rate\?/],
    ['errors.http_5x.count < 1', /unknown metric .* Did you mean errors\.http_[45]xx\.count\?/],
    ['something.else < 1%', /unknown metric .*docs\/thresholds\.md/],
    ['__proto__.count < 1', /unknown metric/],
    ['constructor < 1', /unknown metric/],
    ['ttft < 250ms', /the statistics of a time are pNN \(p50, p99, p99\.9\), min, max, n/],
    ['ttft.avg < 250ms', /the statistics of a time are/],
    ['ttft.p0 < 250ms', /the statistics of a time are/],
    ['ttft.p100 < 250ms', /the statistics of a time are/],
    ['ttft.p(99 < 250ms', /the statistics of a time are/],
    ['ttft.p99 < 5%', /the limit of ttft\.p99 must be a time such as 250ms, 1\.5s or 500us \(got "ttft\.p99 < 5%"\)/],
    ['failed.rate < 250ms', new RegExp(`the limit of failed\\.rate ${shareText}`)],
    ['failed.rate < 1', /the limit of failed\.rate must be 1% or 100%/],
    ['failed.rate < 5', /the limit of failed\.rate must be a share of at most 100%/],
    ['failed.rate < 101%', /the limit of failed\.rate must be a share of at most 100%, such as 1% or 0\.01/],
    ['failed.count < 1%', /the limit of failed\.count must be a whole number/],
    ['failed.count < 1.5', /the limit of failed\.count must be a whole number/],
    ['memory.peak < 512', /the limit of memory\.peak must be a size such as 512MiB/],
    ['memory.peak < 512MB', /the limit of memory\.peak must be a size such as 512MiB/],
    ['goodput.rate > 5ms', /the limit of goodput\.rate must be a rate such as 50\/s/],
    ['ttft.p99 < -5ms', /the limit of ttft\.p99 must be a time/],
    ['ttft.p99 < 250ms or ttft.p50 < 5ms', /must be one comparison .*Write each one as a separate entry/],
    ['ttft.p99<250 || ttft.p50<50', /must be one comparison/],
    ['ttft{phase:}.p99 < 5ms', /the tag must be \{phase:NAME\}.*\(got "\{phase:\}"\)/],
    ['ttft{stage:a}.p99 < 5ms', /the tag must be \{phase:NAME\}/],
    ['ttft{phase:A}.p99 < 5ms', /the tag must be \{phase:NAME\}/],
    ['ttft{phase:a.p99 < 5ms', /unknown metric|statistics/],
    ['cpu.time{phase:a} < 5s', /cpu\.time is only measured for the whole run/],
    ['failed.rate < 1%, stop', /after the comma must be "abort" or "abort after 10s" \(got "stop"\)/],
    ['failed.rate < 1%, abort after', /after the comma must be/],
    ['failed.rate < 1%, abort after 5%', /after the comma must be/],
    [
      'ttfb.p99 < 5ms, abort',
      /abort needs an upper limit for the whole run on one of failed\.count, failed\.rate, ttft\.pNN, ttft\.max/,
    ],
    ['failed.rate > 1%, abort', /abort needs an upper limit/],
    ['ttft.min < 5ms, abort', /abort needs an upper limit/],
    ['ttft.n < 5, abort', /abort needs an upper limit/],
    ['failed{phase:a}.rate < 1%, abort', /abort needs an upper limit/],
    [`ttft.p99 < ${'1'.repeat(300)}ms`, /must have at most 200 characters/],
  ] as const)
    it(`refuses ${JSON.stringify(text.slice(0, 40))}`, () => {
      assert.match(read(text).problems, problem)
    })
})

describe('a threshold in a file, in the form of k6', () => {
  for (const [metricName, expression, text] of [
    ['ttft', 'p(99)<250', 'ttft.p(99)<250'],
    ['ttft{phase:spike}', 'p(99) < 250ms', 'ttft{phase:spike}.p(99) < 250ms'],
    ['failed', 'rate<0.01', 'failed.rate<0.01'],
    ['failed.rate', ' < 1%', 'failed.rate< 1%'],
    ['failed', { threshold: 'rate<1%', abortOnFail: true, delayAbortEval: '10s' }, 'failed.rate<1%, abort after 10s'],
    ['failed', { threshold: 'rate<1%', abortOnFail: true }, 'failed.rate<1%, abort'],
    ['failed', { threshold: 'rate<1%', abortOnFail: false, delayAbortEval: '10s' }, 'failed.rate<1%'],
    ['failed', { threshold: 'rate<1%' }, 'failed.rate<1%'],
  ] as const)
    it(`${metricName}: ${JSON.stringify(expression)} is ${text}`, () => {
      assert.equal(thresholdText(metricName, expression), text)
      assert.equal(read(text).problems, '')
    })

  it('is refused if it is neither an expression nor such an object', () => {
    const bad = [
      ...[undefined, null, 5, true, [], {}, { threshold: 5 }, { threshold: 'rate<1%', abortOnFail: 'yes' }],
      ...[
        { threshold: 'rate<1%', delayAbortEval: 5 },
        { threshold: 'rate<1%', abort: true },
      ],
    ]
    for (const expression of bad)
      assert.equal(thresholdText('failed', expression), undefined, JSON.stringify(expression))
  })
})
