import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { stressTarget } from '../src/experiment/experiment.ts'
import { judge } from '../src/judge/judgement.ts'
import type { JudgedThreshold } from '../src/judge/thresholds/thresholds.ts'
import { experimentOf } from '../src/options/scenario.ts'
import { reportText } from '../src/report/text/report-text.ts'
import { runCli } from './fixtures/cli.ts'
import { runThrough } from './fixtures/late-run.ts'
import { assertValidReport } from './fixtures/published-schema.ts'
import { readJunit } from './fixtures/read-junit.ts'
import { prepareRun, startRun } from './fixtures/run-ground.ts'
import { fin, type Script, startScriptServer } from './fixtures/script-server.ts'

const firstDelta =
  'data: {"id":"1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"a"},"finish_reason":null}]}\n\n'

test('a run with a broken threshold is FAIL with status 1, in text, JSON, JUnit and the stored run', async (t) => {
  const { folder, args } = await prepareRun(t)
  const [json, junit] = [join(folder, 'run.json'), join(folder, 'run.xml')]
  // Those of content and resources are judged even if this machine is busy.
  const thresholds = ['findings.count==0', 'memory.peak<1MiB', 'descriptors.peak<100000', 'cpu.throttled<1s']
  const flags = [...thresholds.map((text) => `--threshold=${text}`), '--goodput=ttft<60s', '--goodput=duration<60s']
  const load = { streams: 20, chunks: 3, delayMs: 5 }
  const run = startRun(['--json-out', json, '--junit-out', junit, ...flags, ...args], load)
  const { status, stdout, stderr } = await run.ended
  assert.equal(status, 1, stderr)
  assert.match(stdout, /^ {2}RESULT: FAIL - Threshold memory\.peak < 1MiB is broken: [\d.]+ MiB/m)
  assert.match(
    stdout,
    /^ {2}Thresholds:\n {4}findings\.count == 0 +ok +0\n {4}memory\.peak < 1MiB +BROKEN +[\d.]+ MiB\n/m,
  )
  assert.match(stdout, /^ {2}Goodput: 20 of 20 streams \(100\.0 %\), [\d.]+\/s, with ttft < 1m, duration < 1m$/m)
  const text = readFileSync(json, 'utf8')
  assertValidReport(text)
  const report = JSON.parse(text)
  const states = report.thresholds.map(({ state }: JudgedThreshold) => state)
  const isInvalid = report.verdict.timing.state === 'invalid'
  assert.deepEqual(states, ['ok', 'broken', 'ok', isInvalid ? 'invalid_timing' : 'not_measured'])
  assert.equal(stdout.includes('    Threshold cpu.throttled < 1s could not be evaluated: not measured\n'), !isInvalid)
  assert.deepEqual([report.goodput.count, report.goodput.share], [20, 1])
  assert.doesNotMatch(report.rerun.command, /threshold|goodput|junit/)
  const { cases } = readJunit(readFileSync(junit, 'utf8'))
  assert.deepEqual(
    cases.map(({ result }) => result),
    ['failure', undefined, 'failure', undefined, isInvalid ? 'skipped' : 'failure'],
  )
  const xml = readFileSync(junit, 'utf8')
  const again = await runCli(['report', join(folder, 'results', 'latest'), '--junit-out', junit])
  assert.equal(again.stdout, stdout)
  assert.equal(readFileSync(junit, 'utf8'), xml)
})

test('a slow gateway breaks thresholds on times, or the times are invalid and they are not judged', async (t) => {
  const times = ['ttft.p50 < 50ms', 'overhead.ttft.p50 < 50ms', 'goodput.share > 99%', 'ttft{phase:load}.max < 50ms']
  const run = await runThrough(
    t,
    { delayMs: 200 },
    {
      streams: 10,
      chunks: 3,
      delayMs: 10,
      thresholds: [...times, 'ttft.p99 < 10s', 'findings.count < 1000'],
      goodput: ['ttft < 50ms'],
    },
  )
  const { thresholds, timing, exitStatus } = judge(run)
  const states = thresholds.map(({ state }) => state)
  const broken = times.map(() => 'broken')
  if (timing.state === 'invalid')
    assert.deepEqual([states.slice(0, 4), exitStatus], [times.map(() => 'invalid_timing'), 3])
  else assert.deepEqual([states, exitStatus], [[...broken, 'too_few_samples', 'ok'], 1])
})

test('a bad threshold ends the command with status 64 before anything starts', async () => {
  const { status, stdout, stderr } = await runCli([
    'stress',
    '--threshold',
    'failed.rat < 1%',
    '--ccr-url',
    'http://127.0.0.1:1',
  ])
  assert.deepEqual([status, stdout], [64, ''])
  assert.equal(stderr, 'error: --threshold: unknown metric (got "failed.rat"). Did you mean failed.rate?\n')
})

const ends: readonly (readonly [what: string, script: Script, threshold: string, got: RegExp])[] = [
  [
    'fails its streams',
    ['HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n', fin],
    'failed.count < 2, abort',
    /^\d+ of \d+ streams failed$/,
  ],
  [
    'sends its first delta late',
    [`HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n${firstDelta}`],
    'ttft.max < 1ns, abort',
    /^\d+ of \d+ streams not < 1ns \(100\.00 %\)$/,
  ],
]
test('a load ends early when a threshold with abort is broken, and the report says which and when', {
  concurrency: true,
}, async (t) => {
  await Promise.all(
    ends.flatMap(([what, script, threshold, got]) =>
      [1, 2].map((workers) =>
        t.test(`by a gateway that ${what} (workers: ${workers})`, async () => {
          await using server = await startScriptServer(script)
          const { scenario } = experimentOf({
            streams: 200,
            rampMs: 60_000,
            thresholds: ['findings.count < 1000', threshold],
            protocol: 'openai-chat-completions',
          })
          const run = await stressTarget(
            { baseUrl: server.baseUrl, protocol: 'openai-chat-completions' },
            { scenario },
            {
              id: '20261124-000000-abcdef',
              workers,
              signal: new AbortController().signal,
              onProgress: () => undefined,
              onLoad: () => undefined,
            },
          )
          assert.ok(run.records.length < 200 && run.notStarted > 0, `${run.records.length}`)
          assert.equal(run.abortedBy?.threshold, threshold)
          assert.match(run.abortedBy?.got ?? '', got)
          const judgement = judge(run)
          const states = judgement.thresholds.map(({ state }) => state)
          // On a busy machine the times may be invalid.
          if (states[1] === 'invalid_timing') return assert.equal(judgement.exitStatus, 3)
          assert.deepEqual([states, judgement.verdict, judgement.exitStatus], [['ok', 'broken'], 'fail', 1])
          const text = reportText(run, judgement)
          assert.match(
            text,
            /Threshold .*, abort is broken: \d+ of \d+ streams .* after \d+\.\d s, which ended the load$/m,
          )
          assert.match(text, /^ {2}Ended early: after \d+\.\d s, \d+ streams? aborted, \d+ not started$/m)
        }),
      ),
    ),
  )
})
