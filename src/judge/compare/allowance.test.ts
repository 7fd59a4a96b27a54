import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { describeProblem, type Problem } from '../../base/errors.ts'
import { allowancesOf, parseAllowance } from './allowance.ts'
import { comparedNames } from './metrics.ts'

describe('an allowance', () => {
  it('is a percentage for all metrics, or for one', () => {
    const problems: Problem[] = []
    assert.deepEqual(parseAllowance('5%', problems), { share: 0.05 })
    assert.deepEqual(parseAllowance('0 %', problems), { share: 0 })
    assert.deepEqual(parseAllowance('ttft.p99=12.5%', problems), { metric: 'ttft.p99', share: 0.125 })
    for (const name of comparedNames)
      assert.deepEqual(parseAllowance(`${name}=1%`, problems), { metric: name, share: 0.01 })
    assert.deepEqual(problems, [])
  })

  it('is refused in any other form', () => {
    for (const [text, message] of [
      ['5', /must be a percentage such as 5%/],
      ['', /must be a percentage/],
      ['%', /must be a percentage/],
      ['-5%', /must be a percentage/],
      ['5%%', /must be a percentage/],
      ['1e3%', /must be a percentage/],
      ['NaN%', /must be a percentage/],
      ['ttft.p99=', /must be a percentage/],
      ['=5%', /must be a percentage/],
      ['1001%', /from 0% to 1000%/],
      ['ttf.p99=5%', /unknown metric \(got "ttf\.p99"\)\. Did you mean ttft\.p99\?/],
      ['__proto__=5%', /unknown metric \(got "__proto__"\)\. The metrics are ttft\.p50, /],
      [`${'x'.repeat(1000)}=5%`, /must be a percentage/],
    ] as const) {
      const problems: Problem[] = []
      assert.equal(parseAllowance(text, problems), undefined, text)
      assert.match(problems.map(describeProblem).join(), message)
    }
  })

  it('may be repeated for different metrics only', () => {
    const problems: Problem[] = []
    const list = [{ share: 0.1 }, { metric: 'ttft.p50', share: 0.2 }, { metric: 'ttft.p99', share: 0.3 }]
    assert.deepEqual(allowancesOf(list, problems), {
      all: 0.1,
      metrics: new Map([
        ['ttft.p50', 0.2],
        ['ttft.p99', 0.3],
      ]),
    })
    assert.deepEqual(problems, [])
    allowancesOf([...list, ...list], problems)
    assert.deepEqual(problems.map(describeProblem), [
      '--allow: can be passed only once for all metrics.',
      '--allow: can be passed only once for ttft.p50.',
      '--allow: can be passed only once for ttft.p99.',
    ])
  })
})
