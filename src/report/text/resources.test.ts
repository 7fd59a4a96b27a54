import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { records, runOf } from '../../../test/fixtures/runs.ts'
import { judge } from '../../judge/judgement.ts'
import type { Run } from '../../model/run.ts'
import { reportText } from './report-text.ts'
import { resourceRows } from './resources.ts'

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

describe('the resources of the gateway in the report', () => {
  it('show CPU time, and memory and descriptors before, at the peak and after', () => {
    assert.deepEqual(resourceRows(measured), [
      ['Gateway CPU:', '3.46 s, 12.3 us per event'],
      ['Gateway memory:', '75.3 MiB peak, 50.5 MiB before, 60.0 MiB after, 12.5 KiB per stream'],
      ['Gateway descriptors:', '2,021 peak, 21 before, 22 after'],
    ])
  })

  it('show the limits of a container, or that it has none', () => {
    const text = (limits: object) => resourceRows({ ...measured, container: { ...container, ...limits } })[3]?.[1]
    const memory = 'memory peak 80.0 MiB (page cache included)'
    assert.equal(text({}), `limit 1.5 CPUs, limit 512.0 MiB, ${memory}`)
    const none = { cpuLimit: undefined, memoryLimitBytes: undefined }
    assert.equal(text(none), `no CPU limit, no memory limit, ${memory}`)
    assert.match(text({ memoryPeakBytes: undefined }) ?? '', /, memory peak n\/a /)
  })

  it('name the CPU limit if it throttled the gateway, and only then', () => {
    const throttled = { ...container, throttledPeriods: 1100, throttledS: 44.321 }
    assert.deepEqual(resourceRows({ ...measured, container: throttled })[4], [
      'Gateway throttled:',
      'in 1,100 of 1,200 periods, 44.32 s (CPU limit reached)',
    ])
    for (const unthrottled of [container, { cpuS: 1 }])
      assert.doesNotMatch(resourceRows({ ...measured, container: unthrottled }).join('\n'), /throttled/)
  })

  it('name the processes that the kernel killed for memory, and only if it did', () => {
    assert.deepEqual(resourceRows({ ...measured, container: { ...container, oomKills: 2 } })[4], [
      'Gateway out of memory:',
      '2 processes killed by the kernel',
    ])
    for (const alive of [container, { cpuS: 1 }])
      assert.doesNotMatch(resourceRows({ ...measured, container: alive }).join('\n'), /out of memory/)
  })

  it('show no number for what was not measured', () => {
    const unseen = resourceRows(undefined)
    assert.deepEqual(unseen, [['Gateway resources:', 'not measured (process not visible from here)']])
    for (const rows of [unseen, resourceRows({}), resourceRows({ container: {} })])
      assert.doesNotMatch(rows.join('\n'), /\d|undefined|NaN/)
    assert.deepEqual(resourceRows({}), [
      ['Gateway CPU:', 'n/a s, n/a us per event'],
      ['Gateway memory:', 'n/a peak, n/a before, n/a after, n/a per stream'],
      ['Gateway descriptors:', 'n/a peak, n/a before, n/a after'],
    ])
  })

  it('are in the report of a run, measured or not, unless there is no gateway', () => {
    const { cpuUsPerEvent: _, memoryPerStreamBytes: __, ...cost } = measured
    assert.match(textOf(runOf(records(4), { cost })), /Gateway CPU: +3\.46 s, 96000\.0 us per event\n/)
    assert.match(textOf(runOf(records(4))), /Gateway resources: +not measured/)
    const gateway = { kind: 'none', name: 'no gateway: direct to the mock', location: 'x', settings: [] } as const
    const direct = textOf(runOf(records(4), { gateway }))
    assert.match(direct, /^Tested: {3}no gateway: direct to the mock \(x\)\n/)
    assert.doesNotMatch(direct, /Gateway (CPU|resources)|Telemetry/)
  })
})
