import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { stressTarget } from '../src/experiment/experiment.ts'
import { judge } from '../src/judge/judgement.ts'
import { type LoadProgress, noProgress } from '../src/load/generator.ts'
import { type Mock, startMock } from '../src/mock/mock.ts'
import type { Run } from '../src/model/run.ts'
import type { Scenario } from '../src/model/scenario.ts'
import { reportJson } from '../src/report/json.ts'
import { reportText } from '../src/report/text/report-text.ts'
import { readRun } from '../src/results/read-run.ts'
import { newRunId } from '../src/results/run-id.ts'
import { writeResults } from '../src/results/write-results.ts'
import { startCommand } from './fixtures/cli.ts'
import { silentLog } from './fixtures/silent-log.ts'
import { temporaryFolder } from './fixtures/temporary-folder.ts'
import { until } from './fixtures/until.ts'

const program = fileURLToPath(new URL('fixtures/spooled-run.ts', import.meta.url))

describe('the records of a load with more streams than stay in memory', { timeout: 60_000 }, () => {
  let mock: Mock
  before(async () => {
    mock = await startMock({ host: '127.0.0.1', port: 0, chunks: 2, delayMs: 1, log: silentLog })
  })
  after(() => mock[Symbol.asyncDispose]())

  /** A load of 60 streams, some of which fail or leave; `keep` of the records stay in memory. */
  async function measured(out: string, keep: number, workers = 1): Promise<Run> {
    const scenario: Scenario = {
      ...{ streams: 60, chunks: 4, delayMs: 2, rampMs: 0, timeoutS: 20, idleS: 20, model: 'mock', maxTokens: 64 },
      ...{ seed: 1, warmUpStreams: 0, content: 'mixed', clientFaults: ['abort@50%#1,5'], faults: ['truncate@50%#2,3'] },
    }
    const { signal } = new AbortController()
    const nothing = () => undefined
    const context = { id: newRunId(), workers, signal, spool: { out, keep }, onProgress: nothing, onLoad: nothing }
    return stressTarget({ baseUrl: mock.url, protocol: 'openai-chat-completions' }, { scenario }, context)
  }

  for (const workers of [1, 2])
    it(`are on disk and complete, and give the same report again (workers: ${workers})`, async (t) => {
      const out = temporaryFolder(t)
      const run = await measured(out, 20, workers)
      const folder = join(out, run.id)
      assert.deepEqual(await readdir(folder), ['streams.ndjson'])
      assert.deepEqual(
        run.records.map(({ stream }) => stream),
        Array.from({ length: 60 }, (_, stream) => stream),
      )
      const states = Map.groupBy(run.records, ({ outcome }) => outcome.state)
      assert.deepEqual([states.get('failed')?.length, states.get('aborted')?.length], [2, 2])
      const judgement = judge(run)
      assert.equal(await writeResults(out, run, judgement, reportText(run, judgement, 'full')), folder)
      assert.deepEqual((await readdir(folder)).includes('.reserve'), false)
      const back = await readRun(folder)
      assert.deepEqual(JSON.parse(JSON.stringify(back.records)), JSON.parse(JSON.stringify(run.records)))
      assert.equal(reportText(back, judge(back), 'full'), await readFile(join(folder, 'report.txt'), 'utf8'))
      assert.equal(JSON.stringify(reportJson(back, judge(back))), JSON.stringify(reportJson(run, judgement)))
    })

  it('stay in memory if there are not more: nothing is on disk before the results', async (t) => {
    const out = temporaryFolder(t)
    assert.equal((await measured(out, 60)).records.length, 60)
    assert.deepEqual(await readdir(out), [])
  })

  it('are kept and reported if the gateway dies in the middle of the load', async (t) => {
    const out = temporaryFolder(t)
    const gateway = await startMock({ host: '127.0.0.1', port: 0, chunks: 2, delayMs: 1, log: silentLog })
    const scenario: Scenario = {
      ...{ streams: 8, chunks: 2, delayMs: 1, rampMs: 0, timeoutS: 20, idleS: 20, model: 'mock', maxTokens: 64 },
      ...{ seed: 1, warmUpStreams: 0, content: 'plain' },
    }
    // A stream that failed is followed by the next of its slot after a second.
    const soak = { name: 'soak', shape: 'constant-streams', streams: 8, durationS: 1.5 } as const
    const { signal } = new AbortController()
    let progress = noProgress()
    const onLoad = (live: LoadProgress) => {
      progress = live
    }
    const context = { id: newRunId(), signal, spool: { out, keep: 20 }, onProgress: () => undefined, onLoad }
    const target = { baseUrl: gateway.url, protocol: 'openai-chat-completions' } as const
    const loading = stressTarget(target, { scenario: { ...scenario, phases: [soak] } }, context)
    await until(() => progress.done > 60)
    await gateway[Symbol.asyncDispose]()
    const run = await loading
    const judgement = judge(run)
    const { whole, failed } = judgement.summary
    assert.ok(whole > 50 && failed > 0, `${whole} complete, ${failed} failed`)
    assert.equal(judgement.verdict, 'fail')
    const deltas = judgement.seconds.reduce((sum, second) => sum + second.deltas, 0)
    assert.ok(deltas >= 2 * whole)
    const back = await readRun(await writeResults(out, run, judgement, ''))
    assert.equal(reportText(back, judge(back), 'full'), reportText(run, judgement, 'full'))
  })

  const mountable = spawnSync('unshare', ['-rm', 'true']).status === 0
  for (const [what, reason, skip, command] of [
    [
      'a file is as large as the process may write',
      'larger than the file size limit',
      false,
      ['prlimit', '--fsize=200000'],
    ],
    [
      'the disk is full',
      'no space left on the device',
      mountable ? false : 'no right to mount a file system',
      ['unshare', '-rm', 'sh', '-c', 'mount -t tmpfs -o size=4400k tmpfs "$0" && exec "$@"'],
    ],
  ] as const)
    it(`end the run with a clear reason and a complete report if ${what}`, { skip }, async (t) => {
      const out = temporaryFolder(t)
      const inMount = command[0] === 'unshare' ? [out] : []
      const run = startCommand([...command, ...inMount, process.execPath, program, out, mock.url])
      const { status, stdout, stderr } = await run.ended
      assert.equal(stderr, '')
      const [line = ''] = stdout.split('\n').filter((text) => text.includes(reason))
      assert.match(line, /The run ended during the load: \S+streams\.ndjson: /)
      assert.match(stdout, /^stored (\d{3,}) streams, report the same$/m)
      assert.equal(status, 3)
    })
})
