import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, it, type TestContext } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { until } from '../../test/fixtures/until.ts'
import type { FailedWorker } from '../load/runner.ts'
import type { Death } from '../process/child.ts'
import type { PartFault } from '../topology/instrument-part.ts'
import { watchInstrument } from './instrument-watch.ts'

const silent: PartFault = { state: 'silent', how: 'no answer', lastLines: ['last'] }

/** Watches a mock that answers in this way, the last answer for ever, and that is asked all the time. */
function watchMock(t: TestContext, answers: (PartFault | undefined)[], died?: Promise<Death>, everyMs = 1000) {
  const failed: FailedWorker[] = []
  let requests = 0
  const check = async () => {
    requests++
    return answers.length > 1 ? answers.shift() : answers[0]
  }
  const watch = watchInstrument([{ part: 'mock', name: 'mock', died, check }], { failed: () => failed }, everyMs)
  t.after(() => watch[Symbol.dispose]())
  return { watch, failed, requests: () => requests }
}

describe('the watch over the harness', () => {
  it('does not report a part that answers, or that answers again', async (t) => {
    const { watch, requests } = watchMock(t, [silent, silent, undefined, silent, silent, undefined], undefined, 0)
    await until(() => requests() > 7)
    assert.deepEqual([watch.failed(), watch.signal.aborted], [[], false])
  })

  it('reports a part as failed after three unanswered requests in a row, with the phase, and sends it no more', async (t) => {
    const { watch, requests } = watchMock(t, [undefined, silent], undefined, 0)
    watch.phase = 'drain'
    await once(watch.signal, 'abort')
    await setImmediate()
    assert.equal(requests(), 4)
    assert.deepEqual(watch.failed(), [{ part: 'mock', name: 'mock', phase: 'drain', ...silent }])
  })

  it('reports the end of a process at once, and only once', async (t) => {
    const death = Promise.withResolvers<Death>()
    const { watch } = watchMock(t, [silent], death.promise)
    death.resolve({ name: 'mock', how: 'signal SIGKILL', lastLines: ['x'] })
    await setImmediate()
    assert.equal(watch.signal.aborted, true)
    const ended = {
      part: 'mock',
      name: 'mock',
      state: 'ended',
      how: 'signal SIGKILL',
      phase: 'warm-up',
      lastLines: ['x'],
    }
    assert.deepEqual([watch.failed(), await watch.check()], [[ended], [ended]])
  })

  it('asks twice at the end of a phase, because the machine may be busy', async (t) => {
    const busy = watchMock(t, [silent, undefined])
    assert.deepEqual(await busy.watch.check(), [])
    assert.equal(busy.requests(), 2)
  })

  it('reports how a process ended rather than that it does not answer', async (t) => {
    const death = Promise.withResolvers<Death>()
    const { watch } = watchMock(t, [silent], death.promise)
    const checking = watch.check()
    death.resolve({ name: 'mock', how: 'exit status 1', lastLines: [] })
    assert.deepEqual(
      (await checking).map(({ state, how }) => [state, how]),
      [['ended', 'exit status 1']],
    )
  })

  it('names the worker threads that failed', async (t) => {
    const { watch, failed } = watchMock(t, [undefined])
    failed.push({ name: 'runner worker 2 of 2', state: 'ended', how: 'exit code 1' })
    assert.deepEqual(
      (await watch.check()).map(({ part, name }) => [part, name]),
      [['runner', 'runner worker 2 of 2']],
    )
    assert.equal(watch.signal.aborted, true)
  })
})
