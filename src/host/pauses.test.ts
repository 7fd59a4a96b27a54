import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createPauseRecorder, maxPauses } from './pauses.ts'

const ms = 1e6

describe('the pauses of an event loop', () => {
  it('are the intervals of at least 100 ms between two ticks, with the CPU times of the thread', () => {
    const heard: unknown[] = []
    const recorder = createPauseRecorder(0, { cpuMs: 5, waitMs: 1 }, (pause) => heard.push(pause))
    recorder.tick(20 * ms, { cpuMs: 6, waitMs: 1 })
    recorder.tick(119 * ms, { cpuMs: 9, waitMs: 40 })
    recorder.tick(3119 * ms, { cpuMs: 11, waitMs: 44 })
    recorder.tick(3139 * ms, { cpuMs: 12, waitMs: 44 })
    const pause = { fromNs: 119 * ms, toNs: 3119 * ms, cpuMs: 2, cpuWaitMs: 4 }
    assert.deepEqual(recorder.read(), [pause])
    assert.deepEqual(heard, [pause])
  })

  it('have no CPU times without scheduler statistics', () => {
    const recorder = createPauseRecorder(0, undefined)
    recorder.tick(200 * ms, undefined)
    assert.deepEqual(recorder.read(), [{ fromNs: 0, toNs: 200 * ms, cpuMs: undefined, cpuWaitMs: undefined }])
  })

  it('start again after a restart', () => {
    const recorder = createPauseRecorder(0, undefined)
    recorder.tick(200 * ms, undefined)
    recorder.restart(900 * ms, undefined)
    recorder.tick(920 * ms, undefined)
    assert.deepEqual(recorder.read(), [])
  })

  it('are bounded: the shortest are dropped, and the rest stays in order of time', () => {
    const recorder = createPauseRecorder(0, undefined)
    let atNs = 0
    for (let index = 0; index < 5 * maxPauses; index++) {
      atNs += (index % 5 === 0 ? 300 : 150) * ms
      recorder.tick(atNs, undefined)
    }
    const pauses = recorder.read()
    assert.equal(pauses.length, maxPauses)
    assert.ok(pauses.every(({ fromNs, toNs }) => toNs - fromNs === 300 * ms))
    assert.ok(pauses.every(({ fromNs }, index) => fromNs >= (pauses[index - 1]?.toNs ?? 0)))
  })
})
