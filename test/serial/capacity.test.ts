import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext, test } from 'node:test'
import { searchCapacity } from '../../src/experiment/capacity.ts'
import type { Session } from '../../src/experiment/session.ts'
import { judgeCapacity } from '../../src/judge/capacity/capacity.ts'
import { stepThresholds } from '../../src/judge/capacity/step.ts'
import { startMock } from '../../src/mock/mock.ts'
import type { Capacity } from '../../src/model/capacity.ts'
import { experimentOf } from '../../src/options/scenario.ts'
import { newRunId } from '../../src/results/run-id.ts'
import { runCli, startCli } from '../fixtures/cli.ts'
import { type Limit, startLimitedGateway, startLimitedSession } from '../fixtures/limited-gateway.ts'
import { assertValidRuns } from '../fixtures/published-schema.ts'
import { silentLog } from '../fixtures/silent-log.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'

/** Streams that last long enough for all of a step to be open at once. */
const pace = { chunks: 5, delayMs: 40 } as const

/** A session whose runs do not say how busy this machine was: it runs other tests. */
function undisturbed(session: Session): Session {
  return {
    run: async (experiment, context) => {
      const run = await session.run(experiment, context)
      const records = run.records.map((record) => ({ ...record, intendedNs: record.startedNs }))
      return { ...run, records, instrument: undefined, mock: undefined }
    },
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  }
}

/** Searches the capacity of a gateway that breaks above `limit` streams. */
async function search(
  t: TestContext,
  how: Limit,
  limit: number,
  members: Partial<Pick<Capacity, 'of'>> & Partial<Capacity['search']> = {},
) {
  const { of = 'streams', ...changed } = members
  const mock = await startMock({ host: '127.0.0.1', port: 0, ...pace, log: silentLog })
  t.after(() => mock[Symbol.asyncDispose]())
  const protocol = 'openai-chat-completions'
  const { scenario } = experimentOf({ protocol, ...pace, drainLimitS: 0.4, warmUpStreams: 4 })
  const capacity: Capacity = {
    schemaVersion: 1,
    id: newRunId(),
    startedAt: new Date().toISOString(),
    harnessVersion: '0.1.0',
    of,
    search: { from: 8, to: 24, precision: 0.2, repeat: 1, maxDurationS: 60, stepS: 0.8, ...changed },
    protocol,
    scenario: { ...scenario, streams: 1 },
    cores: 2,
    thresholds: stepThresholds(how === 'slow' ? ['ttft.p99 < 1500ms'] : []).thresholds,
    trials: [],
    tookS: 0,
  }
  let starts = 0
  const found = await searchCapacity({
    capacity,
    experiment: { scenario, protocol, baseline: false },
    needsUnloaded: false,
    start: async () => {
      starts++
      return undisturbed(await startLimitedSession(t, mock.url, how, limit))
    },
    newId: newRunId,
    store: async () => undefined,
    onTrial: async () => undefined,
    context: { signal: new AbortController().signal, onProgress: () => undefined },
    nowMs: () => performance.now(),
  })
  return { capacity: found, ...judgeCapacity(found), starts }
}

// Three at once: their steps wait most of the time.
describe('the capacity of a gateway that breaks at a known number of streams', { concurrency: 3 }, () => {
  for (const [how, limit, kind, detail] of [
    ['refuse', 20, 'errors', /^\d+ streams? failed, most with http_5xx \(\d+\)$/],
    ['slow', 11, 'latency', /^ttft\.max < 1500ms: \d{4}\.\d\d ms/],
    ['memory', 14, 'memory', /SIGABRT, peak [\d.]+ MiB\): .*heap/],
    ['stuck', 9, 'backlog', /^active_streams after the load: \d+ \(expected 0 within 0\.4 s\)$/],
  ] as const)
    it(`is found, with what broke first: ${how}`, async (t) => {
      const { answer, starts, curve } = await search(t, how, limit)
      const steps = curve.map(({ n, outcome, broke }) => `${n}: ${outcome} ${broke?.detail ?? ''}`).join('\n')
      const { low = 0, high = 0, isPrecise, broke } = answer
      assert.equal(answer.kind, 'found', steps)
      // On a busy machine, streams may start so late that fewer than planned are open.
      assert.ok(isPrecise && low - 2 <= limit && limit < high, steps)
      assert.equal(broke?.kind, kind, steps)
      assert.match(broke?.detail ?? '', detail)
      // The topology starts once, and again after the gateway died or did not drain.
      const isSpent = kind === 'memory' || kind === 'backlog'
      const spent = isSpent ? curve.filter(({ outcome }) => outcome === 'fail').length : 0
      assert.equal(starts, 1 + spent)
    })

  it('is found as a rate, too', async (t) => {
    // Streams last for 160 ms: more than 10 of them are open at 63 starts per second.
    const { answer } = await search(t, 'refuse', 10, { of: 'rate', from: 20, to: 600 })
    const { kind, low = 0, high = 0, broke } = answer
    assert.deepEqual([kind, broke?.kind], ['found', 'errors'], broke?.detail)
    assert.ok(low >= 20 && low < 80 && high <= 1.2 * low, `${low} to ${high}`)
  })
})

test('a search is stored, printed again, continued and interrupted', async (t) => {
  const mock = await startMock({ host: '127.0.0.1', port: 0, ...pace, log: silentLog })
  t.after(() => mock[Symbol.asyncDispose]())
  const gateway = await startLimitedGateway(mock.url, 'refuse', 4)
  t.after(() => gateway[Symbol.asyncDispose]())
  const folder = temporaryFolder(t)
  const [out, json] = [join(folder, 'results'), join(folder, 'capacity.json')]
  const where = ['--topology', 'standing', '--ccr-url', gateway.url, '--mock-url', mock.url]
  const load = '--protocol openai-chat-completions --chunks 5 --delay-ms 20 --step-duration 200ms'.split(' ')
  const flags = ['capacity', ...where, ...load, '--threshold', 'ttft.p99 < 9s', '--from', '6', '--out', out]
  const once = [...flags, '--repeat', '1']

  // A step that fails by refusals does so on a busy machine, too.
  const first = await runCli([...once, '--json-out', json])
  assert.equal(first.status, 1, first.stderr)
  assert.match(
    first.stdout,
    /^Capacity: +less than 6 streams: the lowest step failed\. Use a lower --from\nBroke first: errors: /m,
  )
  const written = readFileSync(json, 'utf8')
  const latest = join(out, 'latest')
  assert.equal(readFileSync(join(latest, 'capacity.json'), 'utf8'), written)
  const { trials } = JSON.parse(written)
  assert.deepEqual(
    readdirSync(join(latest, 'runs')),
    trials.map(({ run }: { run: string }) => run),
  )
  assertValidRuns(join(latest, 'runs'))

  assert.equal((await runCli(['report', latest])).stdout, first.stdout)

  const [again, other] = await Promise.all([
    runCli([...once, '--resume', join(latest, 'capacity.json'), '--max-duration', '1m']),
    runCli([...once, '--resume', latest, '--seed', '7', '--of', 'rate']),
  ])
  // Nothing is run again, so that neither the time nor the answer changes.
  assert.equal(again.stdout, first.stdout.replace('at most 5m', 'at most 1m'))
  assert.doesNotMatch(again.stderr, /waiting for the mock/)
  assert.equal(other.status, 64)
  assert.equal(
    other.stderr,
    'error: --resume needs the same --of (was "streams", is "rate").\nerror: --resume needs the same seed (was 1, is 7).\n',
  )

  const interrupted = startCli([...flags, '--repeat', '21', '--resume', latest])
  await interrupted.saw(/^6 streams, run 2: /m)
  interrupted.child.kill('SIGINT')
  const { status, stdout } = await interrupted.ended
  assert.equal(status, 130)
  assert.match(stdout, /the search was interrupted \(SIGINT\); continue it with --resume/)
  const stored = JSON.parse(readFileSync(join(latest, 'capacity.json'), 'utf8'))
  assert.equal(stored.ended.why, 'interrupt')
  assert.deepEqual(stored.trials.map(({ n }: { n: number }) => n).slice(0, 2), [6, 6])
})

test('mistakes on the command line of a search are reported at once, and nothing is started', async () => {
  const { status, stdout, stderr } = await runCli([
    ...['capacity', '--from', '5/s', '--to', '2.5', '--max-duration', '2s', '--threshold', 'ttft{phase:ramp}.p99 < 1s'],
  ])
  assert.deepEqual([status, stdout], [64, ''])
  assert.equal(
    stderr,
    `error: --from: must be a whole number of streams (got 5/s). With --of rate, it is a rate.
error: --to: must be a whole number of streams (got 2.5). With --of rate, it is a rate.
error: --from: must not be larger than --to (from is 5, to is 2.5).
error: --max-duration: must be longer than one step, 6 s (maximum duration is 2 s).
error: --threshold: must name a phase of this load, load (got "ramp").
`,
  )
  const file = await runCli(['capacity', '--resume', '/nowhere/capacity.json'])
  assert.deepEqual([file.status, file.stdout], [64, ''])
  assert.equal(
    file.stderr,
    'error: --resume: must be the folder of a search, or its capacity.json (got "/nowhere/capacity.json").\n',
  )
})
