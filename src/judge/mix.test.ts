import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { histogramOfMs, mockStats, ms, runOf, wholeRecord } from '../../test/fixtures/runs.ts'
import type { StreamKind } from '../model/mix.ts'
import type { StreamRecord } from '../model/record.ts'
import { kindOf } from '../plan/mix.ts'
import { reportJson } from '../report/json.ts'
import { reportText } from '../report/text/report-text.ts'
import { bufferedOf } from './buffering.ts'
import { uncancelledOf } from './cancellation.ts'
import { harnessFailures } from './harness-failures.ts'
import { judge } from './judgement.ts'
import { mockPacing } from './schedule-checks.ts'
import { bimodalOf, coalescedOf } from './shapes.ts'
import { stalledOf } from './stalls.ts'

const constant = (value: number) => ({ distribution: 'constant', value }) as const

/** Fast streams of 10 deltas, and slow ones of 20 deltas, 500 ms apart. */
const mix: readonly StreamKind[] = [
  { name: 'fast', weight: 1, chunks: constant(10), delayMs: constant(20) },
  { name: 'slow', weight: 1, chunks: constant(20), delayMs: constant(500) },
]
const seed = 7
const isSlow = (stream: number) => kindOf(mix, seed, stream) === 1

/** A run with this mix. The numbers of the scenario would judge every stream wrongly. */
function mixed(count: number, members: (stream: number, isSlow: boolean) => Partial<StreamRecord>, kinds = mix) {
  const records = Array.from({ length: count }, (_, stream) => wholeRecord(stream, members(stream, isSlow(stream))))
  return runOf(records, { scenario: { mix: kinds, seed, chunks: 5, delayMs: 3 } })
}

/** When the deltas of a complete stream of each kind arrive, if nothing delays them. */
const onTime = (_: number, slow: boolean) => {
  const { startedNs } = wholeRecord(0)
  const lastMs = slow ? 19 * 500 : 9 * 20
  return {
    deltas: slow ? 20 : 10,
    firstDeltaNs: startedNs + 5 * ms,
    lastDeltaNs: startedNs + (5 + lastMs) * ms,
    lastByteNs: startedNs + (6 + lastMs) * ms,
    endedNs: startedNs + (6 + lastMs) * ms,
    largestGapNs: (slow ? 500 : 20) * ms,
    largestGapEndNs: startedNs + (5 + (slow ? 3000 : 60)) * ms,
  }
}

describe('the streams of a mix', () => {
  it('are judged by their own pace: no finding if all arrive as they were sent', () => {
    const run = mixed(200, onTime)
    for (const find of [bufferedOf, coalescedOf, stalledOf, bimodalOf, uncancelledOf]) assert.deepEqual(find(run), [])
  })

  it('are buffered if they arrive in one burst after half of their own duration', () => {
    const run = mixed(200, (stream, slow) => {
      const { startedNs } = wholeRecord(stream)
      const times = onTime(stream, slow)
      return { ...times, firstDeltaNs: times.lastDeltaNs - 2 * ms, startedNs }
    })
    assert.equal(bufferedOf(run)[0]?.got, '200 of 200')
  })

  it('are coalesced if they have fewer deltas than were drawn for them', () => {
    const run = mixed(200, (stream, slow) => ({ ...onTime(stream, slow), ...(slow ? { deltas: 12 } : {}) }))
    const slow = run.records.filter(({ stream }) => isSlow(stream)).length
    assert.deepEqual(
      coalescedOf(run).map(({ expected, got }) => [expected, got]),
      [['20', `fewer in ${slow} of 200 streams, minimum 12`]],
    )
  })

  it('of which the fast ones stall together for 400 ms are reported, although slow ones pause for longer', () => {
    const run = mixed(200, (stream, slow) => ({
      ...onTime(stream, slow),
      ...(slow
        ? {}
        : {
            largestGapNs: 400 * ms,
            largestGapEndNs: wholeRecord(0).startedNs + 450 * ms,
            lastDeltaNs: wholeRecord(0).startedNs + 600 * ms,
          }),
    }))
    assert.equal(stalledOf(run)[0]?.class, 'stalled_together')
  })

  it('may have another time to first token for each kind, but not two within one', () => {
    const firstAt = (isLate: (stream: number, slow: boolean) => boolean) =>
      mixed(600, (stream, slow) => ({
        ...onTime(stream, slow),
        firstDeltaNs: wholeRecord(0).startedNs + (isLate(stream, slow) ? 150 : 5) * ms,
      }))
    assert.deepEqual(bimodalOf(firstAt((_, slow) => slow)), [])
    assert.deepEqual(
      bimodalOf(firstAt((stream, slow) => slow && stream % 3 === 0)).map(({ metric }) => metric),
      ['TTFT of slow'],
    )
  })

  it('may continue upstream for their own delay after their client left', () => {
    const leaving = (afterMs: number) =>
      mixed(40, (stream, slow) => {
        const { endedNs } = onTime(stream, slow)
        return {
          ...onTime(stream, slow),
          clientFault: 'abort@50%',
          outcome: { state: 'aborted', phase: 'stream' },
          upstream: { state: 'left', endedNs: endedNs + (slow ? afterMs : 10) * ms },
        }
      })
    assert.deepEqual(uncancelledOf(leaving(1400)), [])
    const slow = Array.from({ length: 40 }, (_, stream) => stream).filter(isSlow).length
    assert.deepEqual(
      uncancelledOf(leaving(1600)).map(({ expected, got }) => [expected, got]),
      [['0 of 40 after 1500 ms', `${slow}`]],
    )
  })

  it('plan a peak if the shortest of them are longer than the ramp', () => {
    const late = (stream: number, slow: boolean) => {
      const times = onTime(stream, slow)
      const byNs = stream * 50 * ms
      const shifted = Object.entries(times).map(([name, value]) => [
        name,
        name.endsWith('Ns') && name !== 'largestGapNs' ? value + byNs : value,
      ])
      const startedNs = wholeRecord(0).startedNs + byNs
      return { ...Object.fromEntries(shifted), startedNs, intendedNs: startedNs, connectedNs: startedNs + ms }
    }
    const missed = (kinds: readonly StreamKind[]) =>
      harnessFailures(mixed(100, late, kinds)).filter((text) => text.includes('were open at once'))
    assert.equal(missed(mix).length, 1)
    // A kind that takes no time plans no peak.
    assert.deepEqual(missed(mix.map((kind) => ({ ...kind, delayMs: constant(0) }))), [])
  })

  it('are late at the mock by the limits of the shortest delay', () => {
    const late = (atMs: number, kinds = mix) => {
      const pacingError = histogramOfMs(Array.from({ length: 1000 }, () => atMs))
      return mockPacing.state({ ...mixed(10, onTime, kinds), mock: { ...mockStats(10), pacingError } })
    }
    assert.equal(late(1), undefined)
    assert.equal(late(100), 'invalid')
    assert.notEqual(
      late(
        100,
        mix.filter(({ name }) => name === 'slow'),
      ),
      'invalid',
    )
  })
})

describe('the kinds of a mix', () => {
  const run = mixed(200, (stream, slow) => ({
    ...onTime(stream, slow),
    ...(slow && stream % 2 === 0
      ? { outcome: { state: 'failed', phase: 'stream', kind: 'truncated_fin', detail: 'cut' } as const }
      : {}),
  }))
  const judgement = judge(run)

  it('are counted one by one', () => {
    const [fast, slow] = judgement.summary.kinds ?? []
    const slowStreams = run.records.filter(({ stream }) => isSlow(stream))
    const failed = slowStreams.filter(({ outcome }) => outcome.state === 'failed').length
    assert.deepEqual([fast?.streams, fast?.failed], [200 - slowStreams.length, 0])
    assert.deepEqual(
      [slow?.streams, slow?.failed, slow?.whole],
      [slowStreams.length, failed, slowStreams.length - failed],
    )
    assert.equal(fast?.duration?.p50Ms, 186)
    assert.equal(slow?.duration?.p50Ms, 9506)
    assert.equal(judge(runOf([wholeRecord(0)])).summary.kinds, undefined)
  })

  it('are in every report', () => {
    const slow = judgement.summary.kinds?.[1]
    for (const detail of ['short', 'full'] as const) {
      const text = reportText(run, judgement, detail)
      assert.match(text, /Kind +share +streams +complete +failed +aborted +TTFT p50 +p99/)
      assert.match(text, new RegExp(`slow +50\\.0 % +${slow?.streams} +${slow?.whole} +${slow?.failed} +0 `))
      assert.match(text, /Kind: {5}slow: weight=1, chunks=20, delay-ms=500/)
    }
    const [fast] = reportJson(run, judgement).kinds ?? []
    assert.deepEqual([fast?.name, fast?.share, fast?.failed, fast?.ttft.p50Ms], ['fast', 0.5, 0, 5])
  })
})
