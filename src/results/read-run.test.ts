import assert from 'node:assert/strict'
import { appendFile, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import {
  abortedRecord,
  failedRecord,
  instrument,
  mockStats,
  readings,
  records,
  runOf,
  unconnectedRecord,
  wholeRecord,
} from '../../test/fixtures/runs.ts'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import { EnvironmentError, UsageError } from '../base/errors.ts'
import { judge } from '../judge/judgement.ts'
import { failureKinds } from '../model/failure.ts'
import type { Run } from '../model/run.ts'
import { reportJson } from '../report/json.ts'
import { reportText } from '../report/text/report-text.ts'
import { readRun } from './read-run.ts'
import { writeResults } from './results.ts'

async function written(t: TestContext, run: Run): Promise<string> {
  return writeResults(temporaryFolder(t), run, judge(run), '')
}

const runs: Readonly<Record<string, Run>> = {
  'that went well': runOf(records(120), {
    mock: { ...mockStats(120), instrument: [readings('mock')] },
    instrument: instrument(),
    telemetry: { usageAfter: { total_requests: 128 }, sampledPeak: 4, samples: 9, highWaterMark: 120 },
  }),
  'that failed in each way there is': runOf(
    [wholeRecord(0), unconnectedRecord(1), ...failureKinds.map((kind, index) => failedRecord(index + 2, kind))],
    { died: { name: 'ccr-rust', how: 'exit status 1', lastLines: ['last\u001b words'] } },
  ),
  'whose gateway leaks': runOf(records(3), {
    scenario: { drainLimitS: 10 },
    mock: mockStats(3),
    drain: {
      limitS: 10,
      tookMs: 10_031,
      before: {
        activeStreams: 0,
        mockStreams: 0,
        descriptors: 30,
        upstreamSockets: 8,
        closeWaitSockets: 0,
        memoryBytes: 9e7,
      },
      after: {
        activeStreams: 3,
        mockStreams: 1,
        descriptors: 300,
        upstreamSockets: 90,
        closeWaitSockets: 7,
        memoryBytes: 9e8,
      },
      backMs: { upstreamSockets: 4 },
      usage: { total_requests: 9, active_streams: 3 },
      probe: { whole: false, fault: 'http_5xx (phase headers): 503' },
      healthFault: 'HTTP 503',
    },
  }),
  'that was interrupted': runOf([wholeRecord(0), failedRecord(1), abortedRecord(2)], {
    scenario: { streams: 9 },
    notStarted: 6,
    interruptedBy: 'SIGINT',
  }),
  'of which no stream was started': runOf([], { scenario: { streams: 9 }, notStarted: 9, interruptedBy: 'SIGTERM' }),
}

describe("a run's folder read back", () => {
  for (const [which, run] of Object.entries(runs)) {
    it(`is the run ${which}, with the same verdict, report and JSON`, async (t) => {
      const back = await readRun(await written(t, run))
      assert.deepEqual(back, run)
      assert.deepEqual(judge(back), judge(run))
      assert.equal(reportText(back, judge(back)), reportText(run, judge(run)))
      assert.deepEqual(reportJson(back, judge(back)), reportJson(run, judge(run)))
    })
  }

  it('that is not there is an error of the environment that names the file', async () => {
    const folder = join(tmpdir(), 'ccr-sse-stress-none')
    await assert.rejects(readRun(folder), (error) => {
      assert.ok(error instanceof EnvironmentError)
      assert.ok(error.message.includes(folder))
      return true
    })
  })

  for (const [which, damage, says] of [
    [
      'a record cut off',
      (text: string) => text.slice(0, -20),
      /streams\.ndjson:4: the last record must end with a newline/,
    ],
    ['a line that is no JSON', (text: string) => text.replace('{', '['), /streams\.ndjson:1: must be JSON/],
    [
      'a kind of failure that nobody knows',
      (text: string) => text.replace('truncated_fin', 'tired'),
      /streams\.ndjson:4:outcome:kind/,
    ],
    ['a record without its end', (text: string) => text.replace(/"endedNs":\d+,/, ''), /streams\.ndjson:1:endedNs/],
    ['a number as text', (text: string) => text.replace('"bytes":1000', '"bytes":"1000"'), /streams\.ndjson:1:bytes/],
  ] as const) {
    it(`with ${which} is refused with the file, the line and the member`, async (t) => {
      const folder = await written(t, runOf([...records(3), failedRecord(3)]))
      const path = join(folder, 'streams.ndjson')
      await writeFile(path, damage(await readFile(path, 'utf8')))
      await assert.rejects(readRun(folder), (error) => {
        assert.ok(error instanceof UsageError, String(error))
        assert.match(error.message, says)
        return true
      })
    })
  }

  it('of another version or with something after the JSON is refused', async (t) => {
    const folder = await written(t, runOf(records(1)))
    const path = join(folder, 'run.json')
    const text = await readFile(path, 'utf8')
    await writeFile(path, text.replace('"schemaVersion": 1', '"schemaVersion": 2'))
    await assert.rejects(readRun(folder), /run\.json:schemaVersion/)
    await writeFile(path, text)
    await appendFile(path, '{}')
    await assert.rejects(readRun(folder), /run\.json: must be JSON/)
  })
})
