import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { records, runOf } from '../../test/fixtures/runs.ts'
import { judge } from '../judge/judgement.ts'
import type { Run } from '../model/run.ts'
import { costLines } from './cost-lines.ts'
import { reportText } from './text.ts'

const mib = 2 ** 20
const textOf = (run: Run) => reportText(run, judge(run))
const measured = {
  cpuS: 3.456,
  cpuUsPerEvent: 12.34,
  memoryBeforeBytes: 50.5 * mib,
  memoryPeakBytes: 75.25 * mib,
  memoryAfterBytes: 60 * mib,
  memoryPerStreamBytes: 12.5 * 1024,
  descriptorsBefore: 21,
  descriptorsPeak: 2021,
  descriptorsAfter: 22,
}
const container = {
  cpuS: 3.456,
  memoryPeakBytes: 80 * mib,
  memoryLimitBytes: 512 * mib,
  cpuLimit: 1.5,
  periods: 1200,
  throttledPeriods: 0,
  throttledS: 0,
  oomKills: 0,
}

describe('what the gateway cost', () => {
  it('is told as CPU time, memory and descriptors, before, at most and after', () => {
    assert.deepEqual(costLines(measured), [
      '',
      '  What the gateway cost:',
      '    CPU:             3.46 s, 12.3 us an event',
      '    Memory:          75.3 MiB at most, 50.5 MiB before the load, 60.0 MiB after; 12.5 KiB a stream',
      '    Descriptors:     2,021 at most, 21 before the load, 22 after',
    ])
  })

  it('has a line for its container with its limits, or that there is none', () => {
    const line = (limits: object) => costLines({ ...measured, container: { ...container, ...limits } })[5]
    const memory = 'memory 80.0 MiB at most, page cache included'
    assert.equal(line({}), `    Its container:   1.5 CPUs, 512.0 MiB; ${memory}`)
    const none = { cpuLimit: undefined, memoryLimitBytes: undefined }
    assert.equal(line(none), `    Its container:   no CPU limit, no memory limit; ${memory}`)
    assert.match(line({ memoryPeakBytes: undefined }) ?? '', /; memory n\/a at most/)
  })

  it('says that the CPU limit held the gateway back where it did, and nothing of it where it did not', () => {
    const throttled = { ...container, throttledPeriods: 1100, throttledS: 44.321 }
    assert.equal(
      costLines({ ...measured, container: throttled })[6],
      "    Throttled:       in 1,100 of 1,200 periods, 44.32 s in all: the CPU limit was the gateway's limit",
    )
    assert.doesNotMatch(costLines({ ...measured, container }).join('\n'), /Throttled/)
    assert.doesNotMatch(costLines({ ...measured, container: { cpuS: 1 } }).join('\n'), /Throttled/)
  })

  it('says that the kernel killed for memory where it did, and nothing of it where it did not', () => {
    assert.equal(
      costLines({ ...measured, container: { ...container, oomKills: 2 } })[6],
      '    Out of memory:   the kernel killed 2 of its processes',
    )
    assert.doesNotMatch(costLines({ ...measured, container }).join('\n'), /Out of memory/)
    assert.doesNotMatch(costLines({ ...measured, container: { cpuS: 1 } }).join('\n'), /Out of memory/)
  })

  it('never looks free: what was not measured is said, and no digit stands in its place', () => {
    const unseen = costLines(undefined)
    assert.deepEqual(unseen, [
      '',
      '  What the gateway cost:',
      "    not measured: the gateway's process can't be seen from here",
    ])
    for (const lines of [unseen, costLines({}), costLines({ container: {} })])
      assert.doesNotMatch(lines.join('\n'), /\d|undefined|NaN/)
    assert.match(costLines({}).join('\n'), /CPU: +n\/a s, n\/a us an event\n.*Memory: +n\/a at most.*; n\/a a stream\n/)
    assert.match(costLines({}).join('\n'), /Descriptors: +n\/a at most, n\/a before the load, n\/a after$/)
  })

  it('stands in the report of a run, measured or not, and not where no gateway is between', () => {
    const { cpuUsPerEvent: _, memoryPerStreamBytes: __, ...cost } = measured
    assert.match(
      textOf(runOf(records(4), { cost })),
      /What the gateway cost:\n {4}CPU: +3\.46 s, 96000\.0 us an event\n/,
    )
    assert.match(textOf(runOf(records(4))), /What the gateway cost:\n {4}not measured/)
    const gateway = { kind: 'none', name: 'no gateway: straight to the mock', location: 'x', settings: [] } as const
    const direct = textOf(runOf(records(4), { gateway }))
    assert.match(direct, /^Tested: {3}no gateway: straight to the mock \(x\)\n/)
    assert.doesNotMatch(direct, /What the gateway cost|The gateway's own view/)
  })
})
