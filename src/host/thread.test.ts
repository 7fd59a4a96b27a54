import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { describe, it } from 'node:test'
import { Worker } from 'node:worker_threads'
import { until } from '../../test/fixtures/until.ts'
import type { InstrumentReadings } from '../model/instrument.ts'
import { watchThread } from './thread.ts'

const skip = !existsSync('/proc/thread-self/schedstat') && 'needs scheduler statistics in /proc'

/** Blocks the event loop. */
function block(forMs: number): void {
  for (const untilMs = performance.now() + forMs; performance.now() < untilMs; );
}

describe('a thread that measures itself', () => {
  it('measures how long its event loop was blocked and busy', async (t) => {
    const watch = watchThread('runner')
    t.after(() => watch.stop())
    await until(() => watch.read().loopDelay !== undefined)
    block(300)
    await until(() => (watch.read().loopDelay?.maxMs ?? 0) >= 200)
    const { name, wallMs, loopBusyShare, loopDelay } = watch.read()
    assert.equal(name, 'runner')
    assert.ok(loopBusyShare * wallMs >= 290, `${loopBusyShare} of ${wallMs}`)
    assert.ok(loopDelay && loopDelay.maxMs <= wallMs && loopDelay.totalMs <= wallMs && loopDelay.totalMs >= 200)
  })

  it('discards earlier measurements on restart', async (t) => {
    const watch = watchThread('runner')
    t.after(() => watch.stop())
    await until(() => watch.read().loopDelay !== undefined)
    block(300)
    await until(() => (watch.read().loopDelay?.maxMs ?? 0) >= 200)
    const { wallMs } = watch.read()
    watch.restart()
    const anew = watch.read()
    assert.ok(anew.wallMs < wallMs && anew.loopDelay === undefined && anew.gc.count === 0, JSON.stringify(anew))
  })

  it('measures its CPU time', { skip }, (t) => {
    const watch = watchThread('runner')
    t.after(() => watch.stop())
    block(200)
    const { cpuMs = 0, cpuWaitMs = -1, wallMs } = watch.read()
    assert.ok(cpuMs > 0 && cpuWaitMs >= 0 && cpuMs + cpuWaitMs > 150, `${cpuMs} and ${cpuWaitMs}`)
    assert.ok(cpuMs <= wallMs + 20, `${cpuMs} of ${wallMs}`)
  })

  it('measures garbage collection pauses and its heap', async (t) => {
    const watch = watchThread('runner')
    t.after(() => watch.stop())
    const kept: object[] = []
    await until(() => {
      for (let at = 0; at < 20_000; at++) kept.push({ at })
      return watch.read().gc.count >= 3
    })
    const { gc, heapUsedBytes, heapLimitBytes } = watch.read()
    assert.ok(gc.longestMs > 0 && gc.totalMs >= gc.longestMs, JSON.stringify(gc))
    assert.ok(heapUsedBytes > kept.length * 8 && heapUsedBytes < heapLimitBytes)
  })

  it('measures only itself while another thread is busy', async (t) => {
    const watch = watchThread('runner')
    t.after(() => watch.stop())
    const busy = readings('for (const end = performance.now() + 400; performance.now() < end;);')
    const { name, loopBusyShare, cpuMs = 1000 } = await busy
    const own = watch.read()
    assert.equal(name, 'worker')
    assert.ok(loopBusyShare > own.loopBusyShare, `${loopBusyShare} and ${own.loopBusyShare}`)
    assert.ok(skip || cpuMs > (own.cpuMs ?? 0), `${cpuMs} and ${own.cpuMs}`)
  })
})

/** The self-measurement of a worker thread during some work. */
function readings(work: string): Promise<InstrumentReadings> {
  const path = JSON.stringify(new URL('./thread.ts', import.meta.url).href)
  const code = `import { parentPort } from 'node:worker_threads'
    const { watchThread } = await import(${path})
    const watch = watchThread('worker')
    await new Promise((resolve) => setTimeout(resolve, 30))
    ${work}
    setImmediate(() => parentPort.postMessage(watch.read()))`
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`))
  return new Promise((resolve, reject) => {
    worker.once('error', reject)
    worker.once('message', (message: InstrumentReadings) => resolve(message))
  })
}
