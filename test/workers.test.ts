import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { nowNs } from '../src/base/clock.ts'
import { EnvironmentError, UsageError } from '../src/base/errors.ts'
import { DeltaTimes } from '../src/load/delta-times.ts'
import { noProgress } from '../src/load/generator.ts'
import { mergeGaps, mergeParts } from '../src/load/load-result.ts'
import { type Runner, startRunner } from '../src/load/runner.ts'
import { type Mock, startMock } from '../src/mock/mock.ts'
import type { StreamRecord } from '../src/model/record.ts'
import type { LoadSeries } from '../src/model/series.ts'
import { load } from './fixtures/load.ts'
import { readings } from './fixtures/runs.ts'
import { silentLog } from './fixtures/silent-log.ts'
import { until } from './fixtures/until.ts'

const plan = { streams: 24, chunks: 12, delayMs: 2, isPlanCertain: true } as const
const dying = { entry: new URL('./fixtures/dying-worker.ts', import.meta.url) }

/** A record without what depends on time or on how the kernel splits the bytes: instants, stamps, reads and raw bytes. */
function timeless({ chunks: _, rawBase64: __, ...record }: StreamRecord): unknown {
  const rest = Object.fromEntries(Object.entries(record).filter(([name]) => !name.endsWith('Ns')))
  return JSON.parse(JSON.stringify(rest).replaceAll(/\.\d{7}\.\d{6} /g, '.STAMP '))
}

/** Sums over all seconds of a load. */
function totalsOf(series: LoadSeries | undefined) {
  const sum = (column: readonly number[] = []) => column.reduce((total, count) => total + count, 0)
  return {
    starts: sum(series?.starts),
    ends: sum(series?.ends),
    failed: sum(series?.failed),
    deltas: sum(series?.deltas),
  }
}

describe('a load over several workers', { timeout: 60_000 }, () => {
  let mock: Mock
  const runners = new Map<number, Runner>()
  before(async () => {
    mock = await startMock({ host: '127.0.0.1', port: 0, chunks: 1, delayMs: 0, log: silentLog })
    for (const workers of [1, 2, 3]) runners.set(workers, await startRunner(workers))
  })
  after(async () => {
    for (const runner of runners.values()) await runner[Symbol.asyncDispose]()
    await mock[Symbol.asyncDispose]()
  })
  const with3 = () => runners.get(3) as Runner

  for (const [what, harm] of Object.entries({
    'clean streams of every kind': { content: 'all' },
    'streams with faults': { content: 'mixed', faults: ['truncate@50%:0.3', 'flip-byte:0.2'] },
    'clients that disconnect': { content: 'plain', clientFaults: ['abort@50%:0.3'] },
    'streams that start at another number': { content: 'plain', firstStream: 100, faults: ['truncate@50%#101,105'] },
  } as const)) {
    it(`has the same records for any number of workers, except for times: ${what}`, async () => {
      const [oneWorker, ...rest] = await Promise.all(
        [...runners.values()].map(async (runner) => {
          const { records, interChunk, transit, series } = await load(mock.url, { ...plan, ...harm, runner })
          const deltas = records.reduce((sum, record) => sum + record.deltas, 0)
          const failed = records.filter(({ outcome }) => outcome.state === 'failed').length
          assert.deepEqual(totalsOf(series), { starts: records.length, ends: records.length, failed, deltas })
          return { records: records.map(timeless), gaps: interChunk.n, stamps: transit?.n }
        }),
      )
      assert.equal(oneWorker?.records.length, plan.streams)
      assert.ok((oneWorker?.gaps ?? 0) > plan.streams)
      assert.ok((oneWorker?.stamps ?? 0) > plan.streams)
      for (const severalWorkers of rest) assert.deepEqual(severalWorkers, oneWorker)
    })
  }

  it('starts all workers at the same time, starts no stream early, and uses one clock', async () => {
    const beforeNs = nowNs()
    const { records } = await load(mock.url, { ...plan, rampMs: 48, runner: with3() })
    const afterNs = nowNs()
    const first = records[0]?.intendedNs ?? Number.NaN
    for (const { stream, intendedNs, startedNs, endedNs } of records) {
      assert.equal(intendedNs - first, stream * 2e6)
      assert.ok(startedNs >= intendedNs && startedNs > beforeNs && endedNs < afterNs)
    }
  })

  it('reports the progress of all workers', async () => {
    const progress = noProgress()
    const { records } = await load(mock.url, { ...plan, faults: ['truncate#3,4'], progress, runner: with3() })
    const events = records.reduce((sum, record) => sum + record.events, 0)
    assert.deepEqual(progress, { started: plan.streams, done: plan.streams, failed: 2, dropped: 0, events, phase: 0 })
  })

  it('stops cleanly when aborted, with the records so far', async () => {
    const stop = new AbortController()
    const progress = noProgress()
    const settings = { streams: 9, chunks: 2, delayMs: 3_600_000, timeoutS: 7200, idleS: 7200 }
    const running = load(mock.url, { ...settings, progress, signal: stop.signal, runner: with3() })
    await until(() => progress.started === 9 && progress.events >= 9)
    stop.abort()
    const { records } = await running
    assert.deepEqual(
      records.map(({ stream, outcome }) => [stream, outcome.state]),
      Array.from({ length: 9 }, (_, stream) => [stream, 'aborted']),
    )
    await until(() => mock.stats().streamsOpen === 0)
  })

  it('starts nothing if it was already aborted', async () => {
    const { records } = await load(mock.url, { ...plan, signal: AbortSignal.abort(), runner: with3() })
    assert.deepEqual(records, [])
  })

  it('works with fewer streams than workers', async () => {
    const { records, interChunk } = await load(mock.url, { ...plan, streams: 1, runner: with3() })
    assert.equal(records.length, 1)
    assert.equal(interChunk.n, plan.chunks - 1)
  })

  it('fails with the same error as one worker', async () => {
    const runner = await startRunner(2)
    await assert.rejects(load('http://none.invalid', { streams: 2, runner }), (error) => {
      assert.ok(error instanceof EnvironmentError)
      assert.match(error.message, /^none\.invalid: no address found/)
      return true
    })
    const another = await startRunner(2)
    await assert.rejects(load(mock.url, { streams: 2, faults: ['nonsense'], runner: another }), UsageError)
  })

  for (const [model, state, how] of [
    ['throws', 'ended', 'made to die'],
    ['exits', 'ended', 'exit code 7'],
    ['hoards', 'ended', 'out of memory'],
    ['hangs', 'silent', 'no heartbeat for 1 s'],
  ] as const) {
    it(`ends the load if a worker ${model}, names it, and keeps the records of the others`, async () => {
      const limits = { silentMs: 1000, resourceLimits: { maxOldGenerationSizeMb: 24 } }
      await using runner = await startRunner(3, { ...dying, ...limits })
      const { records } = await load(mock.url, { streams: 3, model, runner })
      assert.deepEqual(
        records.map(({ stream }) => stream),
        [0, 2],
      )
      assert.deepEqual(runner.failed(), [{ name: 'runner worker 2 of 3', state, how }])
      // Later loads have only the streams of the others.
      const stop = AbortSignal.abort()
      assert.equal((await load(mock.url, { streams: 3, model, signal: stop, runner })).records.length, 2)
    })
  }
})

describe('parts of a load', () => {
  const part = (us: readonly number[], isClockKnown = true) => {
    const times = new DeltaTimes(undefined)
    for (const value of us) {
      times.gap(value, value * 1000)
      if (isClockKnown) times.transit(value, 1e6, 1e9, 1e9 + value * 1000)
    }
    const thread = readings('runner 1 of 2')
    return { records: [], dropped: [], phaseTimes: [], flights: [], blocks: times.blocks(), isClockKnown, thread }
  }

  it('are merged if a part has no stamp; transit is dropped if a part has another clock', () => {
    assert.equal(mergeParts([part([5, 7]), part([])]).transit?.n, 2)
    assert.equal(mergeParts([part([5, 7]), part([6], false)]).transit, undefined)
    assert.equal(mergeParts([part([]), part([])]).transit, undefined)
  })

  it('keep every value of every part, including the smallest and the largest', () => {
    const all = part([1, 5, 70_000, 3, 123_456])
    const apart = mergeParts([part([5, 70_000]), part([1]), part([123_456, 3])])
    assert.deepEqual(apart.blocks, all.blocks)
    assert.deepEqual(apart.interChunk.toJSON(), mergeGaps(all.blocks).toJSON())
  })
})
