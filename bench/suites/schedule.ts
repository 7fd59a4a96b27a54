import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { BenchContext } from '../context.ts'
import { interleave } from '../rounds.ts'
import { atMost, figure, type Section } from '../section.ts'
import { medianOf } from '../statistics.ts'

interface Sample {
  readonly usPerStart: number
  readonly started: number
}

const script = fileURLToPath(new URL('../contenders/schedule.ts', import.meta.url))
const shapes = ['burst', 'closed loop', 'open loop', 'open loop, Poisson']

/** Events of a stream of 20 deltas, the default of `--chunks`. */
const eventsPerStream = 25

/** The cost of deciding when streams start, compared with that of a burst, without any stream. */
export async function benchSchedule(context: BenchContext): Promise<Section> {
  const samples = await interleave(context, 'schedule', shapes, async (name): Promise<Sample> => {
    const { stdout } = await promisify(execFile)(process.execPath, [script, name], { signal: context.signal })
    return JSON.parse(stdout)
  })
  const us = (name: string) => medianOf(samples.get(name) ?? [], ({ usPerStart }) => usPerStart)
  const perEvent = (name: string) => ((us(name) ?? Number.NaN) - (us('burst') ?? Number.NaN)) / eventsPerStream
  return {
    title: 'Schedule: when streams start',
    notes: [
      '200,000 starts that are all due, without sockets; CPU time (user and system), including compilation',
      `per event: beyond a burst, for streams of ${eventsPerStream} events`,
    ],
    head: ['', 'us/start', 'us/event'],
    rows: shapes.map((name) => [name, figure(us(name)), figure(perEvent(name))]),
    problems: [...samples].flatMap(([name, taken]) =>
      taken.some(({ started }) => started !== 200_000) ? [`${name}: not every stream started`] : [],
    ),
    goals: shapes.slice(1).map((name) => atMost(`CPU per event more than a burst, ${name}`, perEvent(name), 1, 'us')),
  }
}
