import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { abortedRecord, beginNs, failedRecord, ms, records, runOf, wholeRecord } from '../../../test/fixtures/runs.ts'
import { describeProblem, type Problem } from '../../base/errors.ts'
import { judge } from '../judgement.ts'
import { operators } from './comparison.ts'
import { formatStreamLimit, goodputOf, parseStreamLimit, type StreamLimit, streamMetrics } from './goodput.ts'

const limits: fc.Arbitrary<StreamLimit> = fc
  .record({
    metric: fc.constantFrom(...Object.keys(streamMetrics)),
    operator: fc.constantFrom(...operators),
    limit: fc.nat(),
  })
  .map((limit) => ({ ...limit }))

describe('a limit for each stream', () => {
  it('that was formatted parses to itself', () => {
    fc.assert(fc.property(limits, (limit) => assert.deepEqual(parseStreamLimit(formatStreamLimit(limit), []), limit)))
  })

  for (const [text, problem] of [
    ['', /must be METRIC < LIMIT such as "ttft < 500ms"/],
    ['ttft', /must be METRIC < LIMIT/],
    ['ttft.p99 < 500ms', /must be a limit on ttft, ttfb, .* \(got "ttft\.p99"\)/],
    ['tft < 500ms', /Did you mean ttft\?/],
    ['interChunk < 5ms', /must be a limit on .*interChunk\.max/],
    ['toString < 5ms', /must be a limit on/],
    ['ttft < 5%', /the limit of ttft must be a time such as 250ms/],
    ['ttft < 5ms and duration < 5s', /must be one comparison/],
  ] as const)
    it(`refuses ${JSON.stringify(text)}`, () => {
      const problems: Problem[] = []
      assert.equal(parseStreamLimit(text, problems), undefined)
      assert.match(problems.map(describeProblem).join('\n'), problem)
    })
})

describe('goodput', () => {
  const slow = (stream: number) => wholeRecord(stream, { firstDeltaNs: beginNs + 600 * ms })
  const gap = (stream: number) => wholeRecord(stream, { largestGapNs: 300 * ms })

  for (const [what, streams, texts, count, ended] of [
    ['complete streams that met the limit', [...records(3), slow(3)], ['ttft < 500ms'], 3, 4],
    [
      'complete streams that met every limit',
      [...records(3), slow(3), gap(4)],
      ['ttft < 500ms', 'interChunk.max<200ms'],
      3,
      5,
    ],
    ['no failed stream', [...records(3), failedRecord(3)], ['ttft < 500ms'], 3, 4],
    ['neither aborted streams', [...records(3), abortedRecord(3)], ['ttft < 500ms'], 3, 3],
    [
      'nor those with an injected fault',
      [...records(3), failedRecord(3, 'http_5xx', { fault: 'http-500' })],
      ['ttft < 1s'],
      3,
      3,
    ],
    [
      'a single delta as a stream without gaps',
      [wholeRecord(0, { largestGapNs: undefined as never })],
      ['interChunk.max < 1ms'],
      1,
      1,
    ],
    ['every complete stream without a limit', [...records(3), failedRecord(3)], [], 3, 4],
    ['nothing under a limit of another version', records(3), ['ttft.p77 < 1s'], 0, 3],
  ] as const)
    it(`counts ${what}`, () => {
      const goodput = goodputOf(streams, texts, 2)
      assert.deepEqual(
        [goodput.count, goodput.ended, goodput.share, goodput.perS],
        [count, ended, count / ended, count / 2],
      )
    })

  it('is part of a judgement if the scenario has limits', () => {
    const run = runOf([...records(3), slow(3)], { scenario: { goodput: ['ttft < 500ms'] } })
    const { goodput, verdict } = judge(run)
    assert.deepEqual(goodput, { limits: ['ttft < 500ms'], count: 3, ended: 4, share: 0.75, perS: 30 })
    assert.equal(verdict, 'pass')
    assert.equal(judge(runOf(records(3))).goodput, undefined)
    assert.equal(judge(runOf([], { scenario: { goodput: ['ttft < 1s'] } })).goodput?.share, undefined)
  })
})
