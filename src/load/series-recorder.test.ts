import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { secondsOf } from '../judge/seconds.ts'
import { mergeSeries } from '../model/merge-series.ts'
import type { LoadSeries } from '../model/series.ts'
import { SeriesRecorder } from './series-recorder.ts'

const s = 1e9

/** What a stream does: its phase, and when it does it, in s after the start of the load. */
interface Life {
  readonly phase?: number
  readonly startS: number
  readonly deltasS?: readonly number[]
  readonly endS: number
  readonly hasFailed?: boolean
}

/** Records streams; their events come in the sequence of time, as in a load. */
function recordAll(lives: readonly Life[], beginNs = 5 * s, isClockKnown = true): LoadSeries {
  const recorder = new SeriesRecorder()
  recorder.begin(beginNs)
  const events = lives.flatMap(({ phase = 0, startS, deltasS = [], endS, hasFailed = false }) => {
    const series = recorder.phase(phase)
    const at = (seconds: number) => Math.round(beginNs + seconds * s)
    return [
      { seconds: startS, run: () => series.started(at(startS) - 2_000_000, at(startS)) },
      ...deltasS.map((seconds, index) => ({
        seconds,
        run: () => {
          series.transited(at(seconds), 150)
          series.delta(at(seconds), index === 0 ? at(seconds) - at(startS) : undefined)
        },
      })),
      { seconds: endS, run: () => series.ended(at(endS), hasFailed) },
    ]
  })
  for (const { run } of events.sort((a, b) => a.seconds - b.seconds)) run()
  return recorder.read(isClockKnown)
}

describe('the series of a load', () => {
  it('counts starts, ends, failures, deltas, open streams and times in the second in which they happen', () => {
    const series = recordAll([
      { startS: 0.1, deltasS: [0.3, 1.2, 1.3], endS: 1.4 },
      { startS: 0.2, deltasS: [2.2], endS: 2.4, hasFailed: true },
    ])
    const seconds = secondsOf({ series })
    assert.deepEqual(
      seconds.map(({ second, starts, ends, failed, open, deltas }) => [second, starts, ends, failed, open, deltas]),
      [
        [0, 2, 0, 0, 2, 1],
        [1, 0, 1, 0, 1, 2],
        [2, 0, 1, 1, 0, 1],
      ],
    )
    assert.deepEqual(
      seconds.map(({ ttft }) => ttft?.maxMs),
      [200, undefined, 2000],
    )
    assert.deepEqual(
      seconds.map(({ transit }) => transit?.n),
      [1, 2, 1],
    )
    assert.deepEqual(
      seconds.map(({ lateMs }) => lateMs),
      [2, 0, 0],
    )
  })

  it('shows each second of a freeze, with open streams and no delta', () => {
    const seconds = secondsOf({ series: recordAll([{ startS: 0, deltasS: [0.5, 4.5], endS: 4.6 }]) })
    assert.deepEqual(
      seconds.map(({ open, deltas }) => [open, deltas]),
      [
        [1, 1],
        [1, 0],
        [1, 0],
        [1, 0],
        [0, 1],
      ],
    )
  })

  it('has no entry for a second in which no stream was open', () => {
    const { second } = recordAll([
      { startS: 0, endS: 0.1 },
      { startS: 3600, endS: 3600.5 },
    ])
    assert.deepEqual(second, [0, 3600])
  })

  it('counts a stream for the phase in which it started, however long it lasts', () => {
    const { second, phase, ends } = recordAll([
      { phase: 0, startS: 0, endS: 1.5 },
      { phase: 2, startS: 1.1, endS: 1.7 },
    ])
    assert.deepEqual(second, [0, 1, 1])
    assert.deepEqual(phase, [0, 0, 2])
    assert.deepEqual(ends, [0, 1, 1])
  })

  it('has no transit times if the clocks are unrelated', () => {
    const lives = [{ startS: 0, deltasS: [0.1], endS: 1 }]
    assert.equal(recordAll(lives).transit?.length, 2)
    assert.ok(!('transit' in recordAll(lives, 0, false)))
  })

  it('is empty if the load never begins', () => {
    assert.deepEqual(new SeriesRecorder().read(true).second, [])
  })

  const life = fc
    .record({
      phase: fc.nat(2),
      startS: fc.nat(4000),
      deltas: fc.array(fc.nat(3000), { maxLength: 4 }),
      lasts: fc.nat(3000),
      hasFailed: fc.boolean(),
    })
    .map(({ phase, startS, deltas, lasts, hasFailed }): Life => {
      const deltasS = deltas.map((ms) => (startS + Math.min(ms, lasts)) / 1000).sort((a, b) => a - b)
      return { phase, startS: startS / 1000, deltasS, endS: (startS + lasts) / 1000, hasFailed }
    })

  it('is the same whether one worker or several recorded it', () => {
    fc.assert(
      fc.property(fc.array(fc.array(life, { maxLength: 6 }), { minLength: 1, maxLength: 3 }), (workers) => {
        assert.deepEqual(mergeSeries(workers.map((lives) => recordAll(lives))), recordAll(workers.flat()))
      }),
    )
  })

  it('counts each stream once, and ends with none open', () => {
    fc.assert(
      fc.property(fc.array(life, { maxLength: 10 }), (lives) => {
        const seconds = secondsOf({ series: recordAll(lives) })
        const sum = (of: (second: (typeof seconds)[number]) => number) =>
          seconds.reduce((total, at) => total + of(at), 0)
        assert.equal(
          sum(({ starts }) => starts),
          lives.length,
        )
        assert.equal(
          sum(({ ends }) => ends),
          lives.length,
        )
        assert.equal(
          sum(({ failed }) => failed),
          lives.filter(({ hasFailed }) => hasFailed).length,
        )
        assert.equal(
          sum(({ deltas }) => deltas),
          lives.flatMap(({ deltasS = [] }) => deltasS).length,
        )
      }),
    )
  })
})
