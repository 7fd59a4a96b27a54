import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { UsageError } from '../src/base/errors.ts'
import { mergeRuns } from '../src/experiment/merge-runs.ts'
import { allowancesOf } from '../src/judge/compare/allowance.ts'
import { compareRuns } from '../src/judge/compare/compare.ts'
import { judge } from '../src/judge/judgement.ts'
import { peakConcurrency } from '../src/judge/peak.ts'
import { SeriesRecorder } from '../src/load/series-recorder.ts'
import { startMock } from '../src/mock/mock.ts'
import { Histogram } from '../src/model/histogram.ts'
import type { Run } from '../src/model/run.ts'
import type { Series } from '../src/model/series.ts'
import { startReferenceGateway } from '../src/reference/reference-gateway.ts'
import { reportText } from '../src/report/text/report-text.ts'
import { readRun } from '../src/results/read-run.ts'
import { runCli } from './fixtures/cli.ts'
import { beginNs, ms, runOf, wholeRecord } from './fixtures/runs.ts'
import { silentLog } from './fixtures/silent-log.ts'
import { temporaryFolder } from './fixtures/temporary-folder.ts'

/** A stream of a load: when it started and when its deltas arrived, in ms from the begin of the load. */
interface PlannedStream {
  readonly startMs: number
  readonly deltasMs: readonly number[]
  readonly hasFailed: boolean
}

const anyStream: fc.Arbitrary<PlannedStream> = fc
  .record({
    startMs: fc.integer({ min: 0, max: 200 }),
    gapsMs: fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 5 }),
    hasFailed: fc.boolean(),
  })
  .map(({ startMs, gapsMs, hasFailed }) => {
    let at = startMs + 5
    return { startMs, hasFailed, deltasMs: gapsMs.map((gap) => (at += gap)) }
  })

const command = 'stress'
const bootId = '0b5c1f6e-0000-4000-8000-000000000000'

/** The run of one runner with these streams, by number, whose load began at `loadNs`. */
function runWith(streams: ReadonlyMap<number, PlannedStream>, loadNs = beginNs, members: Partial<Run> = {}): Run {
  const [interChunk, transit] = [new Histogram(), new Histogram()]
  const at = (time: number) => loadNs + time * ms
  const records = [...streams].map(([stream, { startMs, deltasMs, hasFailed }]) => {
    const [first = 0, last = 0] = [deltasMs[0], deltasMs.at(-1)]
    for (const [index, delta] of deltasMs.entries()) {
      if (index > 0) interChunk.record((delta - (deltasMs[index - 1] as number)) * 1000)
      transit.record((delta % 7) * 100)
    }
    return wholeRecord(stream, {
      intendedNs: at(startMs),
      startedNs: at(startMs),
      connectedNs: at(startMs + 1),
      requestSentNs: at(startMs + 2),
      headersNs: at(startMs + 3),
      firstByteNs: at(first),
      firstEventNs: at(first),
      firstDeltaNs: at(first),
      lastDeltaNs: at(last),
      lastByteNs: at(last),
      endedNs: at(last + 1),
      deltas: deltasMs.length,
      ...(hasFailed
        ? { outcome: { state: 'failed', phase: 'stream', kind: 'truncated_fin', detail: 'cut' } as const }
        : {}),
    })
  })
  records.sort((a, b) => a.stream - b.stream)
  const firstStream = Math.min(...streams.keys())
  return runOf(records, {
    command,
    bootId,
    records,
    interChunk: interChunk.toJSON(),
    transit: transit.toJSON(),
    series: seriesOf(streams, loadNs),
    notStarted: 0,
    scenario: { streams: streams.size, ...(firstStream > 0 && { firstStream }), warmUpStreams: 0 },
    ...members,
  })
}

function seriesOf(streams: ReadonlyMap<number, PlannedStream>, loadNs: number): Series {
  const recorder = new SeriesRecorder()
  recorder.begin(loadNs)
  const phase = recorder.phase(0)
  const at = (time: number) => loadNs + time * ms
  const events = [...streams.values()].flatMap(({ startMs, deltasMs, hasFailed }) => [
    { time: startMs, rank: 0, apply: () => phase.started(at(startMs), at(startMs)) },
    ...deltasMs.map((delta, index) => ({
      time: delta,
      rank: 1,
      apply: () => {
        phase.transited(at(delta), (delta % 7) * 100)
        phase.delta(at(delta), index === 0 ? (delta - startMs) * ms : undefined)
      },
    })),
    { time: (deltasMs.at(-1) ?? 0) + 1, rank: 2, apply: () => phase.ended(at((deltasMs.at(-1) ?? 0) + 1), hasFailed) },
  ])
  for (const { apply } of events.sort((a, b) => a.time - b.time || a.rank - b.rank)) apply()
  return recorder.read(true)
}

/** The streams by number, divided among runners; none is without a stream. */
const anySplit = fc
  .tuple(fc.array(anyStream, { minLength: 4, maxLength: 24 }), fc.integer({ min: 2, max: 4 }))
  .map(([streams, runners]) => {
    const all = new Map(streams.map((stream, index) => [index, stream] as const))
    const parts = Array.from(
      { length: runners },
      (_, runner) => new Map([...all].filter(([index]) => index % runners === runner)),
    )
    return { all, parts }
  })

const stored = (runs: readonly Run[]) => runs.map((run, index) => ({ folder: `run-${index}`, run }))

/** What a merge must not change. */
function comparable({ id: _, merged: __, startedAt: ___, startedNs: ____, instrument: _____, ...run }: Run) {
  return JSON.parse(JSON.stringify(run))
}

describe('runs that are merged', () => {
  it('are the run that one runner would have made: records, histograms, peak, values over time, verdict', () => {
    fc.assert(
      fc.property(anySplit, fc.boolean(), ({ all, parts }, isReversed) => {
        const whole = runWith(all)
        const runs = parts.map((part) => runWith(part))
        const merged = mergeRuns(stored(isReversed ? runs.toReversed() : runs), whole.id)
        assert.deepEqual(comparable(merged), comparable(whole))
        const [ofMerged, ofWhole] = [judge(merged), judge({ ...whole, instrument: merged.instrument })]
        assert.deepEqual(ofMerged, { ...ofWhole, startSkewMs: ofMerged.startSkewMs })
      }),
      { numRuns: 60 },
    )
  })

  it('are on one clock, whichever began first', () => {
    fc.assert(
      fc.property(anySplit, fc.integer({ min: 0, max: 180 }), ({ all, parts }, laterMs) => {
        const runs = parts.map((part, index) => runWith(part, beginNs + index * laterMs * ms))
        // They began one after another, so they may have a gap between them; then they are refused.
        let merged: Run
        try {
          merged = mergeRuns(stored(runs), 'merged')
        } catch (cause) {
          assert.ok(cause instanceof UsageError)
          assert.match(cause.message, /did not run at the same time/)
          return
        }
        assert.equal(merged.records.length, all.size)
        assert.equal(peakConcurrency(merged.records), peakConcurrency(runs.flatMap(({ records }) => records)))
        const sum = (series: Series | undefined, column: 'starts' | 'ends' | 'failed' | 'deltas') =>
          series?.[column].reduce((total, value) => total + value, 0) ?? 0
        for (const column of ['starts', 'ends', 'failed', 'deltas'] as const)
          assert.equal(
            sum(merged.series, column),
            runs.reduce((total, { series }) => total + sum(series, column), 0),
            column,
          )
        for (const { startedNs } of merged.records) {
          const second = Math.floor((startedNs - (merged.series?.beginNs ?? 0)) / 1e9)
          assert.ok(merged.series?.second.includes(second), `second ${second}`)
        }
      }),
      { numRuns: 60 },
    )
  })

  it('of two machines are related by their wall clocks, and the report says so', () => {
    const stream = { startMs: 0, deltasMs: [10, 500], hasFailed: false }
    const here = runWith(new Map([[0, stream]]))
    const aheadNs = 7_000_000_000_000
    const there = runWith(new Map([[1, stream]]), beginNs + aheadNs, {
      bootId: 'another',
      startedNs: here.startedNs + aheadNs,
      startedAt: new Date(Date.parse(here.startedAt) + 20).toISOString(),
    })
    const merged = mergeRuns(stored([here, there]), 'merged')
    assert.deepEqual(merged.merged?.[1], {
      id: there.id,
      streams: 1,
      clock: 'wall',
      offsetNs: -aheadNs + 20 * ms,
      errorNs: 2 * ms,
    })
    assert.equal(merged.records[1]?.startedNs, beginNs + 20 * ms)
    assert.equal(merged.records[1]?.lastDeltaNs, beginNs + 520 * ms)
    assert.equal(peakConcurrency(merged.records), 2)
    const onTheirs = mergeRuns(stored([there, here]), 'merged')
    assert.deepEqual([onTheirs.startedAt, onTheirs.startedNs], [here.startedAt, here.startedNs + aheadNs - 20 * ms])
    assert.match(reportText(merged, judge(merged), 'full'), /Clocks: {3}wall clocks: .* up to 2 ms plus the difference/)
  })

  it('have the phases, dropped starts and rates of all runners', () => {
    const phase = { name: 'load', shape: 'constant-arrival-rate', rate: 25, durationS: 10, maxStreams: 500 } as const
    const stream = { startMs: 0, deltasMs: [10], hasFailed: false }
    const run = (number: number, rate: number) =>
      runWith(new Map([[number, stream]]), beginNs, {
        dropped: [number],
        notStarted: 1,
        scenario: { ...runWith(new Map([[number, stream]])).scenario, streams: 500, phases: [{ ...phase, rate }] },
      })
    const merged = mergeRuns(stored([run(0, 25), run(3, 50)]), 'merged')
    assert.deepEqual(merged.scenario.phases, [{ ...phase, rate: 75, maxStreams: 1000 }])
    assert.deepEqual([merged.scenario.streams, merged.dropped, merged.notStarted], [1000, [3], 2])
  })

  const stream = { startMs: 0, deltasMs: [10, 500], hasFailed: false }
  const base = runWith(new Map([[0, stream]]))
  const other = (members: Partial<Run> = {}, number = 1, loadNs = beginNs) => {
    const run = runWith(new Map([[number, stream]]), loadNs)
    return { ...run, ...members, scenario: { ...run.scenario, ...members.scenario } }
  }
  const phases: Run['scenario']['phases'] = [{ name: 'load', shape: 'burst', streams: 1 }]
  const refusals: readonly (readonly [Run, RegExp])[] = [
    [other({}, 0), /has streams with the same numbers as run-0 \(0\)\. Give each runner its own numbers/],
    [other({ scenario: { ...base.scenario, seed: 99 } }), /seed is 99 instead of/],
    [other({ scenario: { ...base.scenario, chunks: 21 } }), /chunks is 21 instead of/],
    [other({ scenario: { ...base.scenario, timeoutS: 3 } }), /timeoutS is 3 instead of/],
    [other({ scenario: { ...base.scenario, thresholds: ['ttft.p99 < 1s'] } }), /thresholds is .* instead of none/],
    [other({ scenario: { ...base.scenario, phases } }), /number of phases is 1 instead of 0/],
    [
      other({ target: { ...base.target, baseUrl: 'http://127.0.0.1:9' } }),
      /target is "http:\/\/127\.0\.0\.1:9" instead/,
    ],
    [other({ target: { ...base.target, protocol: 'openai-responses' } }), /protocol is "openai-responses" instead/],
    [other({ gateway: { ...base.gateway, version: '9' } }), /gateway is .* 9" instead of/],
    [other({ harnessVersion: '0.0.1' }), /version of ccr-sse-stress is "0\.0\.1" instead/],
    [other({ toxics: ['runner-gateway:latency=5ms'] }), /toxics is .* instead of none/],
    [other({ command: 'run' }), /was made by `run`/],
    [other({ merged: [] }), /is already a merged run/],
    [other({ thinned: 5 }), /every record has to be in memory/],
    [other({ stopped: { phase: 'warm-up' } }), /ended in its phase warm-up/],
    [other({}, 1, beginNs + 2e9), /did not run at the same time: it began 1\.5 s after the end of run-0/],
  ]
  for (const [run, expected] of refusals)
    it(`are refused if they are not parts of one load: ${expected.source}`, () => {
      assert.throws(() => mergeRuns(stored([base, run]), 'merged'), expected)
    })

  it('are at least two', () => {
    for (const runs of [[], [base]])
      assert.throws(() => mergeRuns(stored(runs), 'merged'), /needs at least two run folders/)
  })

  it('are refused with one line for each difference', () => {
    const run = other({ harnessVersion: '0', command: 'run', scenario: { ...base.scenario, seed: 99, idleS: 1 } }, 0)
    assert.throws(
      () => mergeRuns(stored([base, run]), 'merged'),
      (cause) => cause instanceof UsageError && cause.problems.length === 5,
    )
  })
})

describe('merge', () => {
  it('of two processes that loaded one gateway has the joint peak, and is a run folder like any other', async (t) => {
    const local = { host: '127.0.0.1', port: 0, log: silentLog } as const
    const mock = await startMock({ ...local, chunks: 40, delayMs: 50 })
    const gateway = await startReferenceGateway({ ...local, upstream: `${mock.url}/v1` })
    t.after(async () => {
      for (const server of [gateway, mock]) await server[Symbol.asyncDispose]()
    })
    const out = temporaryFolder(t)
    const stress = (name: string, streams: number, first: number) =>
      runCli([
        ...['stress', '--ccr-url', gateway.url, '--streams', `${streams}`, '--first-stream', `${first}`],
        ...['--out', join(out, name), '--threshold', 'open.peak >= 30'],
      ])
    await Promise.all([stress('a', 12, 0), stress('b', 18, 100)])
    const stats = mock.stats()
    const folders = ['a', 'b'].map((name) => join(out, name, 'latest'))
    const { status, stdout, stderr } = await runCli(['merge', ...folders, '--out', join(out, 'merged')])
    assert.equal(stderr.replace(/results in .*\n/, ''), '')
    const merged = await readRun(join(out, 'merged', 'latest'))
    const judgement = judge(merged)
    assert.equal(status, judgement.exitStatus)
    assert.equal(judgement.summary.peakOpen, stats.streamsPeak)
    assert.deepEqual([judgement.summary.requested, judgement.summary.whole], [30, 30])
    assert.match(stdout, /Merged: {3}\S+ \(12 streams\), \S+ \(18 streams\)\nClocks: {3}one clock/)
    // Neither part has 30 open streams; all together have.
    assert.deepEqual(
      judgement.thresholds.map(({ state }) => state),
      [stats.streamsPeak === 30 ? 'ok' : 'broken'],
    )
    assert.equal(reportText(merged, judgement, 'short'), stdout)
    assert.deepEqual((await readdir(join(out, 'merged', 'latest'))).sort(), [
      ...['flights.ndjson', 'report.txt', 'run.json', 'series.csv', 'streams.ndjson'],
    ])
    const folder = join(out, 'merged', merged.id)
    const compared = [{ folder, run: merged, judgement }]
    assert.ok(compareRuns(compared, compared, allowancesOf([], [])).metrics.length > 0)
  })
})
