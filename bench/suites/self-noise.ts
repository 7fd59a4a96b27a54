import { runVerified, type Sample } from '../against-mock.ts'
import type { BenchContext } from '../context.ts'
import { quantileMs } from '../gap-error.ts'
import type { Load } from '../load.ts'
import { interleave, problemsIn } from '../rounds.ts'
import { atMost, figure, type Section } from '../section.ts'
import { medianOf, range } from '../statistics.ts'

const pace = { chunks: 50, delayMs: 50, rampMs: 1000 }
const usual: Readonly<Record<string, Load>> = {
  '100 streams': { streams: 100, ...pace },
  '1,000 streams': { streams: 1000, ...pace },
}
/** What the harness may add to a delta's way, in ms. */
const limitsMs: Readonly<Record<string, number>> = { '100 streams': 1, '1,000 streams': 5 }

/** What the harness itself adds to each delta's way, where nothing is between its ends. */
export async function benchSelfNoise(context: BenchContext, loads = usual): Promise<Section> {
  const samples = await interleave(context, 'self-noise', Object.keys(loads), (name) =>
    runVerified(context, loads[name] as Load),
  )
  const transit = (q: number) => (sample: Sample) => quantileMs(sample.client.transit, q)
  const p99 = (name: string) => medianOf(samples.get(name) ?? [], transit(0.99))
  return {
    title: 'Self-noise: transit with nothing between mock and client',
    notes: [
      `${pace.chunks} deltas x ${pace.delayMs} ms, starts spread over ${pace.rampMs / 1000} s; openai-chat-completions; each delta verified`,
      'transit: from the stamp that the mock writes into a delta to its arrival at the client, over all deltas',
    ],
    head: ['load', 'p50 ms', 'p99 ms', 'least', 'most', 'largest', 'p99 pacing ms', 'p99 lateness ms'],
    rows: [...samples].map(([name, taken]) => {
      const spread = range(taken.map(transit(0.99)).filter((ms) => ms !== undefined))
      return [
        name,
        figure(medianOf(taken, transit(0.5))),
        figure(p99(name)),
        figure(spread?.least),
        figure(spread?.most),
        figure(medianOf(taken, transit(1))),
        figure(medianOf(taken, ({ mock }) => mock.pacingP99Ms)),
        figure(medianOf(taken, ({ client }) => client.latenessP99Ms)),
      ]
    }),
    problems: problemsIn(samples),
    goals: Object.keys(loads).map((name) =>
      atMost(`p99 transit, ${name}`, p99(name), limitsMs[name] ?? Number.NaN, 'ms'),
    ),
  }
}
