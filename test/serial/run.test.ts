import assert from 'node:assert/strict'
import { readdir, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { prepareRun, startRun } from '../fixtures/run-ground.ts'

test("a run reports in the original's format, counts what the mock counts, and leaves only its results", async (t) => {
  const { folder, args, nothingIsLeft } = await prepareRun(t)
  const jsonOut = join(folder, 'x.json')
  const load = { streams: 40, chunks: 25, delayMs: 20 }
  const { status, stdout, stderr } = await startRun(['--json-out', jsonOut, ...args], load).ended
  assert.equal(status, 0, stderr)
  assert.match(stdout, /embedded reference gateway, not ccr-rust/)
  assert.match(stdout, /CCR-RUST SSE STRESS TEST REPORT/)
  assert.match(stdout, /Streams: {2}40\n {2}Success: {2}40 {2}\| {2}Failed: 0\n/)
  assert.match(stdout, /Peak local concurrency: 40\n/)
  assert.match(stdout, /RESULT: PASS - all streams completed successfully/)
  const results = join(folder, 'results')
  const id = await readlink(join(results, 'latest'))
  const files = ['flights.ndjson', 'report.txt', 'run.json', 'series.csv', 'streams.ndjson']
  assert.deepEqual((await readdir(join(results, id))).sort(), files)
  const full = await readFile(join(results, id, 'report.txt'), 'utf8')
  assert.ok(full.startsWith(stdout.slice(0, stdout.indexOf('  Timing: '))), full)
  assert.match(full, /Flight recorder/)
  const { report, mock, telemetry, streams } = JSON.parse(await readFile(jsonOut, 'utf8'))
  assert.equal(report.successful, 40)
  assert.equal(streams.length, 40)
  assert.equal(report.total_deltas, 40 * 25)
  assert.deepEqual([mock.streamsServed, mock.deltasSent, mock.streamsPeak], [40, 40 * 25, 40])
  assert.deepEqual([report.peak_concurrent, telemetry.highWaterMark], [40, 40])
  // 25 deltas take at least 480 ms, and the gauge is read every 50 ms.
  assert.ok(telemetry.samples >= 9, `${telemetry.samples} samples`)
  await nothingIsLeft()
})

test("the gateway's peak is measured during the load, not during the warm-up before it", async (t) => {
  const { folder, args } = await prepareRun(t)
  const jsonOut = join(folder, 'x.json')
  const load = { streams: 6, chunks: 2, delayMs: 1 }
  const { status } = await startRun(['--ramp-ms', '900', '--json-out', jsonOut, ...args], load).ended
  assert.equal(status, 0)
  const { report } = JSON.parse(await readFile(jsonOut, 'utf8'))
  assert.ok((report.ccr_active_streams_peak ?? 0) <= report.peak_concurrent, JSON.stringify(report))
})

test('a reader that closes stdout early changes neither the exit status nor the results', async (t) => {
  const { folder, args } = await prepareRun(t)
  const run = startRun(args, { streams: 3, chunks: 3, delayMs: 5 })
  run.child.stdout.destroy()
  const { status } = await run.ended
  assert.equal(status, 0)
  assert.match(await readFile(join(folder, 'results', 'latest', 'report.txt'), 'utf8'), /RESULT: PASS/)
})
