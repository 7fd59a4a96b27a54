import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { BenchContext } from '../context.ts'
import { interleave } from '../rounds.ts'
import { atMost, figure, type Section } from '../section.ts'
import { medianOf } from '../statistics.ts'

interface Sample {
  /** CPU time per delta or per record. */
  readonly us: number
  readonly isComplete: boolean
}

const script = fileURLToPath(new URL('../contenders/recording.ts', import.meta.url))
const kinds = ['series', 'spool']

/** The cost of values over time per delta, and of writing a record to disk per stream. */
export async function benchRecording(context: BenchContext): Promise<Section> {
  const samples = await interleave(context, 'recording', kinds, async (name): Promise<Sample> => {
    const { stdout } = await promisify(execFile)(process.execPath, [script, name], { signal: context.signal })
    return JSON.parse(stdout)
  })
  const us = (name: string) => medianOf(samples.get(name) ?? [], (sample) => sample.us)
  return {
    title: 'Recording: values over time, and records that go to disk',
    notes: ['5 million deltas and 100,000 records without sockets; CPU time (user and system), including compilation'],
    head: ['', 'us'],
    rows: [
      ['series, per delta', figure(us('series'))],
      ['spool, per stream', figure(us('spool'))],
    ],
    problems: [...samples].flatMap(([name, taken]) =>
      taken.some(({ isComplete }) => !isComplete) ? [`${name}: not everything was recorded`] : [],
    ),
    goals: [
      atMost('CPU per delta for values over time', us('series') ?? Number.NaN, 0.1, 'us'),
      atMost('CPU per stream for its record on disk', us('spool') ?? Number.NaN, 25, 'us'),
    ],
  }
}
