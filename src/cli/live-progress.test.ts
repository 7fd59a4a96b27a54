import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { LoadPhase } from '../model/phase.ts'
import { plainProgress, progressLine, showProgress, timeLeft } from './live-progress.ts'

const state = { streams: 1500, open: 1200, done: 300, failed: 2, dropped: 0, eventsPerS: 23_456.7, leftS: 11.2 }

describe('the progress', () => {
  it('shows open, done and failed streams, events per second and the time left', () => {
    assert.equal(plainProgress(state), '1,200 open, 300 of 1,500 done, 2 failed, 23,457 events/s, 12 s left')
    assert.equal(progressLine(state, 120), '1,200 open | 300 of 1,500 done | 2 failed | 23,457 events/s | 12 s left')
  })

  it('shows the phase of several, dropped starts, and no total that is not known', () => {
    const phased = { ...state, streams: undefined, dropped: 4, phase: 'load (phase 2 of 3)' }
    assert.equal(
      plainProgress(phased),
      '1,200 open, 300 done, 2 failed, 4 dropped, load (phase 2 of 3), 23,457 events/s, 12 s left',
    )
  })

  it('knows the time left from the durations of the phases and of a stream', () => {
    const warmUp: LoadPhase = { name: 'warm-up', shape: 'burst', streams: 5 }
    const rate: LoadPhase = { name: 'load', shape: 'constant-arrival-rate', rate: 5, durationS: 60 }
    const load = { streams: 5, chunks: 20, delayMs: 100 }
    const leftS = timeLeft([warmUp, rate], load)
    assert.deepEqual([leftS(0, 0), leftS(0, 1), leftS(1, 5), leftS(1, 35), leftS(1, 66)], [64, 63, 62, 32, 1])
    assert.equal(timeLeft([rate], { streams: 5 })(0, 0), undefined)
    const few: LoadPhase = { name: 'load', shape: 'constant-streams', streams: 5, total: 12 }
    assert.equal(timeLeft([few], load)(0, 1), 5)
  })

  it('omits the time left and the rate if they are unknown', () => {
    const { leftS: _, ...unknown } = state
    assert.equal(plainProgress({ ...unknown, eventsPerS: Number.NaN }), '1,200 open, 300 of 1,500 done, 2 failed')
  })

  it('writes no escape sequence to a dumb terminal, or if there is no terminal', (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] })
    const textOn = (isTTY: boolean, term: string | undefined) => {
      let text = ''
      const write = (written: string | Uint8Array) => {
        text += written
        return true
      }
      const stderr = { isTTY, columns: 80, write }
      const progress = showProgress(stderr, { streams: 10 }, term)
      progress.onProgress('starting the load: 10 streams')
      progress.onLoad({ started: 10, done: 1, failed: 0, events: 5, dropped: 0, phase: 0 })
      t.mock.timers.tick(10_000)
      progress.stop()
      return text
    }
    for (const [isTTY, term] of [
      [true, 'dumb'],
      [true, ''],
      [false, 'xterm'],
      [false, undefined],
    ] as const) {
      const text = textOn(isTTY, term)
      assert.match(text, /^starting the load: 10 streams\n9 open, 1 of 10 done, 0 failed/)
      assert.ok(!text.includes('\u001b'))
    }
    assert.ok(textOn(true, 'xterm').includes('\u001b[2K'))
  })

  it('drops whole parts from the end if the terminal is narrow, and fits into any width', () => {
    assert.equal(progressLine(state, 50), '1,200 open | 300 of 1,500 done | 2 failed')
    assert.equal(progressLine(state, 12), '1,200 open')
    for (let width = 0; width <= 90; width++) assert.ok(progressLine(state, width).length <= width)
    assert.equal(progressLine(state, 1), '1')
  })
})
