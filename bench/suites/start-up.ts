import type { BenchContext } from '../context.ts'
import { interleave, problemsIn } from '../rounds.ts'
import { atMost, figure, type Section } from '../section.ts'
import { runNpmStart, type StartUp } from '../start-up.ts'
import { medianOf, range } from '../statistics.ts'

/** Time from the command to the first stream. */
export async function benchStartUp(context: BenchContext): Promise<Section> {
  const samples = await interleave(context, 'start-up', ['npm start'], () => runNpmStart(context))
  const firstStream = (taken: readonly StartUp[]) => medianOf(taken, ({ firstStreamMs }) => firstStreamMs)
  return {
    title: 'Start-up: from `npm start` to the first stream',
    notes: [
      '100 streams x 20 deltas x 50 ms through the reference gateway, all at once, after the warm-up (the defaults, with free ports);',
      'from the spawn of npm to the first counted stream connected, both on the monotonic clock',
    ],
    head: ['command', 'first stream ms', 'least', 'most', 'whole command ms'],
    rows: [...samples].map(([name, taken]) => {
      const spread = range(taken.map(({ firstStreamMs }) => firstStreamMs))
      return [
        name,
        figure(firstStream(taken)),
        figure(spread?.least),
        figure(spread?.most),
        figure(medianOf(taken, ({ wholeMs }) => wholeMs)),
      ]
    }),
    problems: problemsIn(samples),
    goals: [atMost('first stream open', firstStream(samples.get('npm start') ?? []), 2000, 'ms')],
  }
}
