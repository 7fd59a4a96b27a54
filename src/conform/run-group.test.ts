import assert from 'node:assert/strict'
import { test } from 'node:test'
import { failedRecord, instrument, readings, wholeRecord } from '../../test/fixtures/runs.ts'
import { loadOf } from './run-group.ts'

test('a background stream that reached a deadline while the runner was paused is not judged, other failures are', () => {
  const free = { ...instrument(), mock: [] }
  const stopped = { ...free, runner: [readings('runner', { pauses: [{ fromNs: 0, toNs: 4e9 }] })] }
  const clean = [wholeRecord(0), failedRecord(1, 'token_idle_timeout'), failedRecord(2, 'cross_talk')]
  const load = loadOf({ name: 'refusals' }, [
    { clean, surroundings: free },
    { clean, surroundings: stopped },
  ])
  const detail = 'the connection was closed after event 3'
  const late = `refusals: stream 1: token_idle_timeout: ${detail}`
  const mixed = `refusals: stream 2: cross_talk: ${detail}`
  const { busy, ...counts } = load
  assert.deepEqual(counts, { streams: 6, hurt: [late, mixed, mixed], notJudged: 1 })
  assert.match(busy.join(), /^The runner's event loop was up to 4000 ms late \(limit 2500 ms\)/)
})
