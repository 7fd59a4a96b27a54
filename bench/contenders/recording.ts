import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RecordSink } from '../../src/load/record-sink.ts'
import { SeriesRecorder } from '../../src/load/series-recorder.ts'
import { createSpool } from '../../src/results/record-spool.ts'
import { wholeRecord } from '../../test/fixtures/runs.ts'

const deltas = 5_000_000
const streams = 100_000

/** Deltas of 1,000 per second and stream, whose transit times vary. */
function countDeltas(): number {
  const recorder = new SeriesRecorder()
  recorder.begin(0)
  const series = recorder.phase(0)
  series.started(0, 0)
  for (let delta = 0; delta < deltas; delta++) {
    const ns = delta * 20_000
    series.transited(ns, 100 + ((delta * 7919) % 3000))
    series.delta(ns, undefined)
  }
  const { deltas: counts } = recorder.read(true)
  return counts.reduce((sum, count) => sum + count, 0)
}

/** Records that go to disk, as those of a long load do. */
async function spoolRecords(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'ccr-sse-stress-bench-'))
  const spool = createSpool(join(folder, 'run'), 0)
  const sink = new RecordSink(spool)
  const record = wholeRecord(0)
  try {
    for (let stream = 0; stream < streams; stream++) {
      sink.add({ ...record, stream })
      if (stream % 1000 === 0) await new Promise((done) => setImmediate(done))
    }
    sink.end()
    return await spool.complete([])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const [, , name = 'series'] = process.argv
const before = process.cpuUsage()
const count = name === 'series' ? countDeltas() : await spoolRecords()
const { user, system } = process.cpuUsage(before)
console.log(
  JSON.stringify({ us: (user + system) / count, isComplete: count === (name === 'series' ? deltas : streams) }),
)
