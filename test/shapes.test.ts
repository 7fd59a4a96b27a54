import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { counted } from '../src/base/format.ts'
import { runExperiment, stressTarget } from '../src/experiment/experiment.ts'
import { readTruths } from '../src/experiment/telemetry.ts'
import { percentile } from '../src/judge/distribution.ts'
import { judge } from '../src/judge/judgement.ts'
import { peakConcurrency } from '../src/judge/peak.ts'
import { type LoadProgress, noProgress } from '../src/load/generator.ts'
import { type Runner, startRunner } from '../src/load/runner.ts'
import { arrivals, phaseSeed, slotSpans } from '../src/load/schedule.ts'
import { type Mock, startMock } from '../src/mock/mock.ts'
import type { LoadPhase } from '../src/model/phase.ts'
import type { StreamRecord } from '../src/model/record.ts'
import { ttftNs } from '../src/model/times.ts'
import { experimentOf } from '../src/options/scenario.ts'
import { reportText } from '../src/report/text/report-text.ts'
import type { Topology } from '../src/topology/topology.ts'
import { startDelayGateway } from './fixtures/delay-gateway.ts'
import { startLeakyGateway } from './fixtures/leaky-gateway.ts'
import { load } from './fixtures/load.ts'
import { silentLog } from './fixtures/silent-log.ts'
import { until } from './fixtures/until.ts'

/** Streams of 45 ms. */
const plan = { chunks: 10, delayMs: 5, isPlanCertain: true } as const

/** Seeds tell the loads of the parallel tests apart in the ledger of the mock. */
let lastSeed = 1000
const nextSeed = () => ++lastSeed

const phaseOf = (members: Omit<LoadPhase, 'name'>, name = 'load'): LoadPhase => ({ name, ...members })
const burst = phaseOf({ shape: 'burst', streams: 12, rampMs: 60 })
const constantStreams = phaseOf({ shape: 'constant-streams', streams: 6, durationS: 0.3 })
const constantTotal = phaseOf({ shape: 'constant-streams', streams: 4, total: 21 })
const rampingStreams = phaseOf({
  shape: 'ramping-streams',
  stages: [
    { durationS: 0.2, target: 8 },
    { durationS: 0.1, target: 8 },
    { durationS: 0.2, target: 0 },
  ],
})
const constantRate = phaseOf({ shape: 'constant-arrival-rate', rate: 60, durationS: 0.4, maxStreams: 100 })
const poisson = phaseOf({ shape: 'constant-arrival-rate', rate: 60, durationS: 0.4, arrivals: 'poisson' })
const rampingRate = phaseOf({ shape: 'ramping-arrival-rate', stages: [{ durationS: 0.4, target: 100 }] })

const inPhase = (records: readonly StreamRecord[], index: number) => records.filter(({ phase = 0 }) => phase === index)
const whole = ({ outcome }: StreamRecord) => outcome.state === 'whole'
const ascending = (values: readonly number[]) => values.toSorted((a, b) => a - b)

/** In ms, from the first intended start. */
function intendedMs(records: readonly StreamRecord[]): number[] {
  const sorted = ascending(records.map(({ intendedNs }) => intendedNs))
  return sorted.map((ns) => (ns - (sorted[0] ?? 0)) / 1e6)
}

describe('a load', { timeout: 60_000, concurrency: 5 }, () => {
  let mock: Mock
  let two: Runner
  before(async () => {
    mock = await startMock({ host: '127.0.0.1', port: 0, chunks: 1, delayMs: 0, log: silentLog })
    two = await startRunner(2)
  })
  after(async () => {
    await two[Symbol.asyncDispose]()
    await mock[Symbol.asyncDispose]()
  })
  /** A runner does one load at a time. */
  let free = Promise.resolve()
  const withTwo = <T>(work: () => Promise<T>): Promise<T> => {
    const result = free.then(work)
    free = result.then(
      () => undefined,
      () => undefined,
    )
    return result
  }
  const run = async (phases: readonly LoadPhase[], workers: number, more: Parameters<typeof load>[1] = {}) => {
    const seed = nextSeed()
    const settings = { ...plan, ...more, streams: 10, phases, seed }
    const loaded =
      workers === 1 ? await load(mock.url, settings) : await withTwo(() => load(mock.url, { ...settings, runner: two }))
    // The mock runs in this process, too, and may answer late.
    let truths: Awaited<ReturnType<typeof readTruths>>
    while (!truths) truths = await readTruths(mock.url, seed)
    return { ...loaded, seed, truths }
  }

  for (const workers of [1, 2]) {
    for (const phase of [burst, constantStreams, constantTotal, rampingStreams, constantRate, poisson, rampingRate])
      it(`of the shape ${phase.shape} (${Object.keys(phase).join(', ')}) starts each stream once, none early, with ${counted(workers, 'worker')}`, async () => {
        const { records, truths, seed } = await run([phase], workers)
        assert.ok(records.length > 0 && records.every(whole))
        assert.equal(new Set(records.map(({ stream }) => stream)).size, records.length)
        for (const record of records) {
          const { stream, intendedNs, startedNs, endedNs } = record
          assert.ok(startedNs >= intendedNs, `${intendedNs - startedNs} ns early`)
          const truth = truths?.get(stream)
          assert.equal(truth?.attempts, 1)
          // The mock recorded the request after the start, on the same clock.
          assert.ok(truth.attemptedNs > startedNs && truth.attemptedNs < endedNs)
        }
        assert.equal(truths?.size, records.length)
        const due = intendedMs(records)
        if (phase.shape.endsWith('rate')) {
          const planned = [...arrivals(phase, phaseSeed(seed, 0))].map((atS) => atS * 1000)
          assert.equal(due.length, planned.length)
          const [first = 0] = planned
          for (const [index, ms] of due.entries())
            assert.ok(Math.abs(ms - ((planned[index] ?? Number.NaN) - first)) < 0.001, `start ${index}: ${ms} ms`)
          assert.deepEqual(
            records.map(({ stream }) => stream),
            planned.map((_, index) => index),
          )
          assert.ok(records.every(({ openLoop }) => openLoop === true))
        }
        if (phase.shape === 'burst')
          assert.deepEqual(
            due,
            Array.from({ length: 12 }, (_, index) => index * 5),
          )
        if (phase === constantTotal) assert.equal(records.length, 21)
        if (phase.shape === 'constant-streams') {
          assert.equal(peakConcurrency(records), phase.streams)
          const ends = new Set(records.map(({ endedNs }) => endedNs))
          const [beginNs] = ascending(records.map(({ intendedNs }) => intendedNs))
          const restarts = records.filter(({ intendedNs }) => intendedNs !== beginNs)
          assert.equal(records.length - restarts.length, phase.streams)
          // Each later start is intended at the instant at which a stream ended.
          for (const { intendedNs } of restarts) assert.ok(ends.has(intendedNs))
          const lastMs = due.at(-1) ?? 0
          assert.ok(phase.durationS === undefined || lastMs < phase.durationS * 1000)
        }
        if (phase === rampingStreams) {
          assert.ok(peakConcurrency(records) <= 8)
          const [beginNs = 0] = ascending(records.map(({ intendedNs }) => intendedNs))
          const isActive = (atS: number) =>
            Array.from({ length: 8 }, (_, slot) => slotSpans(phase, slot)).some((spans) =>
              spans.some(({ fromS, toS }) => atS >= fromS - 1e-6 && atS < toS),
            )
          for (const { intendedNs } of records) assert.ok(isActive((intendedNs - beginNs) / 1e9))
          for (let slot = 1; slot < 8; slot++)
            assert.ok(
              due.some((ms) => Math.abs(ms - slot * 25) < 0.001),
              `no start of slot ${slot}`,
            )
        }
      })

    it(`goes through its phases in sequence, with unique stream numbers, with ${counted(workers, 'worker')}`, async () => {
      const warmUp = { ...constantStreams, name: 'warm-up', durationS: 0.1, excluded: true } as const
      const progress = noProgress()
      const { records, dropped, phaseTimes, interChunk } = await run(
        [warmUp, { ...constantStreams, name: 'steady', durationS: 0.6 }, { ...burst, name: 'spike' }, constantRate],
        workers,
        { progress },
      )
      assert.equal(new Set(records.map(({ stream }) => stream)).size, records.length)
      assert.deepEqual([progress.started, progress.done, progress.phase], [records.length, records.length, 3])
      assert.deepEqual(dropped, [0, 0, 0, 0])
      const phases = [0, 1, 2, 3].map((index) => inPhase(records, index))
      for (const [index, list] of phases.entries()) {
        assert.ok(list.length > 0, `phase ${index}`)
        const before = phases[index - 1] ?? []
        const lastMs = Math.max(...before.map(({ intendedNs }) => intendedNs), 0)
        assert.ok(Math.min(...list.map(({ intendedNs }) => intendedNs)) >= lastMs)
      }
      assert.deepEqual([phases[2]?.length, phases[3]?.length], [12, 24])
      // Closed loops hand their slots over: no more streams are open than either has.
      assert.ok(peakConcurrency([...(phases[0] ?? []), ...(phases[1] ?? [])]) <= 6)
      // The gaps of the excluded phase are not among those of the load.
      const gaps = phaseTimes.map((times) => times.interChunk.n)
      assert.deepEqual(
        gaps,
        phases.map((list) => list.length * (plan.chunks - 1)),
      )
      assert.equal(
        interChunk.n,
        gaps.slice(1).reduce((sum, n) => sum + n, 0),
      )
    })

    it(`drops starts that find too many streams open, never delays them, with ${counted(workers, 'worker')}`, async () => {
      const progress = noProgress()
      // 250 starts a second with streams of 500 ms need 125 open streams.
      const phase = { ...constantRate, rate: 250, maxStreams: 10 }
      const { records, dropped } = await run([phase], workers, { chunks: 11, delayMs: 50, progress })
      assert.ok(records.every(whole))
      assert.ok(peakConcurrency(records) <= 10)
      assert.ok(records.length >= 10 && records.length < 30, `${records.length}`)
      assert.equal(records.length + (dropped[0] ?? 0), 100)
      assert.equal(progress.dropped, dropped[0])
      // Those that start do so at one of the instants of the schedule, and keep the number that it has.
      for (const { stream, intendedNs } of records) {
        const first = records[0] as StreamRecord
        assert.ok(Math.abs((intendedNs - first.intendedNs) / 1e6 - stream * 4) < 0.001)
      }
    })

    for (const [index, phase] of [burst, constantStreams, rampingStreams, constantRate].entries())
      it(`is interrupted in a phase of the shape ${phase.shape} with the records of all phases so far, with ${counted(workers, 'worker')}`, async () => {
        const stop = new AbortController()
        const progress = noProgress()
        const first = { ...burst, name: 'first', streams: 3, rampMs: 0 }
        const { durationS: _, ...endless } = phase
        const long = index === 0 ? { ...phase, rampMs: 600_000 } : { ...endless, durationS: 600, rate: phase.rate }
        const stages = phase.stages?.map((stage) => ({ ...stage, durationS: 600 * stage.durationS }))
        const seed = nextSeed()
        const settings = { ...plan, phases: [first, { ...long, stages }, { ...burst, name: 'never' }], seed, progress }
        const work = () => load(mock.url, { ...settings, signal: stop.signal, runner: workers === 1 ? undefined : two })
        const interrupted = workers === 1 ? work() : withTwo(work)
        await until(() => progress.phase === 1 && progress.started > 3)
        stop.abort()
        const { records } = await interrupted
        assert.equal(inPhase(records, 0).filter(whole).length, 3)
        assert.ok(inPhase(records, 1).length > 0)
        assert.equal(inPhase(records, 2).length, 0)
        assert.ok(records.every(({ outcome }) => outcome.state !== 'failed'))
      })
  }

  for (const second of ['streams=4, duration=60s', 'stages=60s:400', 'rate=50/s, duration=60s', 'stages=60s:3000/s'])
    it(`has a report of the phases so far if it is interrupted in the phase ${second}`, async () => {
      const { scenario } = experimentOf({
        ...{ chunks: plan.chunks, delayMs: plan.delayMs, warmUpStreams: 0, seed: nextSeed() },
        phases: ['first: streams=3', `second: ${second}`, 'third: streams=2'],
      })
      const stop = new AbortController()
      let progress = noProgress()
      const context = {
        id: '20261126-200000-a1b2c3',
        signal: stop.signal,
        onProgress: () => undefined,
        onLoad: (counters: LoadProgress) => {
          progress = counters
        },
      }
      const target = { baseUrl: mock.url, protocol: 'openai-chat-completions' } as const
      const running = stressTarget(target, { scenario }, context)
      await until(() => progress.phase === 1 && progress.done > 4)
      stop.abort('SIGTERM')
      const measured = await running
      const judgement = judge(measured)
      const [first, then, never] = judgement.summary.phases ?? []
      assert.deepEqual([first?.whole, never?.started], [3, 0])
      assert.ok((then?.whole ?? 0) > 1)
      assert.equal(judgement.exitStatus, 143)
      const text = reportText(measured, judgement)
      for (const part of ['Load:     first: burst, 3 streams', '  Phase  ', '\n  second  ', 'Interrupted: SIGTERM'])
        assert.ok(text.includes(part), part)
    })

  it('shows a gateway that freezes in the TTFT of an open loop, but hardly in that of a closed loop', async (t) => {
    const freeze = { delayMs: 0, still: { fromMs: 200, toMs: 1000 } }
    const p90Of = async (phase: LoadPhase) => {
      const gatewayUrl = await startDelayGateway(t, mock.url, freeze)
      const { records } = await load(gatewayUrl, { ...plan, phases: [phase], seed: nextSeed() })
      assert.ok(records.length >= 25 && records.every(whole))
      return (percentile(ascending(records.map((record) => ttftNs(record) ?? Number.NaN)), 90) ?? Number.NaN) / 1e6
    }
    const [open, closed] = await Promise.all([
      p90Of({ ...constantRate, rate: 40, durationS: 1.2 }),
      p90Of({ ...constantStreams, streams: 1, total: 25, durationS: 20 }),
    ])
    // 32 of 48 starts fall into the 0.8 s, and wait for half of it on average; a tenth of all waits for 0.68 s.
    assert.ok(open > 600, `${open} ms`)
    assert.ok(closed < 300, `${closed} ms`)
  })

  it('ends soon after the process of its gateway, with what was measured until then', async (t) => {
    const { mockUrl, gatewayUrl, pid } = await startLeakyGateway(t, 'none')
    let isDead = false
    const how = { name: 'gateway', how: 'signal SIGKILL', lastLines: [] }
    const topology: Topology = {
      ...{ gatewayUrl, mockUrl, parts: [], gatewayProcess: { pid, inContainer: false } },
      gateway: { kind: 'unknown', name: 'gateway', location: gatewayUrl, settings: [] },
      death: () => Promise.resolve(isDead ? how : undefined),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }
    let progress = noProgress()
    const onLoad = (counters: LoadProgress) => {
      progress = counters
    }
    const { signal } = new AbortController()
    const context = { id: '20261126-200000-a1b2c3', signal, onProgress: () => undefined, onLoad }
    const experiment = experimentOf({
      ...{ protocol: 'openai-chat-completions', baseline: false, drainLimitS: 0, chunks: 5, delayMs: 2 },
      ...{ rate: '40/s', duration: '10m' },
    })
    const running = runExperiment(topology, experiment, context)
    await until(() => progress.done > 20)
    process.kill(pid, 'SIGKILL')
    isDead = true
    const measured = await running
    const judgement = judge(measured)
    assert.ok(measured.notStarted > 20_000)
    assert.ok(judgement.summary.whole > 15 && judgement.summary.failed > 0)
    assert.equal(judgement.verdict, 'fail')
    assert.ok(judgement.reasons.includes('The gateway died (gateway, signal SIGKILL)'))
    assert.match(
      reportText(measured, judgement),
      /Ended early: the gateway died, \d+ streams? aborted, 2\d,\d+ not started/,
    )
  })

  it('keeps what was measured before its gateway died, and starts few streams after that', async () => {
    const gateway = await startMock({ host: '127.0.0.1', port: 0, chunks: 1, delayMs: 0, log: silentLog })
    const progress = noProgress()
    const phases = [{ ...constantStreams, durationS: 0.9 }]
    const loading = load(gateway.url, { ...plan, phases, seed: nextSeed(), progress })
    await until(() => progress.done > 6)
    await gateway[Symbol.asyncDispose]()
    const { records } = await loading
    assert.ok(records.filter(whole).length > 6)
    // A slot whose stream failed waits for a second, and the load ends before that.
    const failed = records.filter(({ outcome }) => outcome.state === 'failed').length
    assert.ok(failed > 0 && failed <= 6, `${failed}`)
  })
})
