import { z } from 'zod'
import type { BenchContext } from '../context.ts'
import { runProduct } from '../product-run.ts'
import { interleave, problemsIn } from '../rounds.ts'
import { atMost, figure, type Section } from '../section.ts'
import { medianOf, range } from '../statistics.ts'

const pace = { chunks: 50, delayMs: 50, rampMs: 1000 }
/** What the harness may add to the transit of a delta, in ms, by the number of streams. */
const usualLimitsMs: ReadonlyMap<number, number> = new Map([
  [100, 1],
  [1000, 5],
])

const reportSchema = z.object({
  verdict: z.object({ timing: z.object({ state: z.string(), reasons: z.array(z.string()) }) }),
  report: z.object({ successful: z.number() }),
  metrics: z.object({
    transit: z.object({ p50Ms: z.number(), p99Ms: z.number(), maxMs: z.number() }),
    lateness: z.object({ p99Ms: z.number() }),
  }),
})

/** What the harness itself adds to the transit of each delta, measured by a direct `run`, as users see it. */
export async function benchSelfNoise(context: BenchContext, limitsMs = usualLimitsMs): Promise<Section> {
  const samples = await interleave(context, 'self-noise', [...limitsMs.keys()], (streams) => measure(context, streams))
  const p99 = (streams: number) => medianOf(samples.get(streams) ?? [], ({ transit }) => transit.p99Ms)
  return {
    title: 'Self-noise: transit with nothing between mock and client',
    notes: [
      `run --gateway direct: ${pace.chunks} deltas x ${pace.delayMs} ms, starts spread over ${pace.rampMs / 1000} s, after the warm-up of each run`,
      'transit: from the stamp that the mock writes into a delta to its arrival at the client, over all deltas',
    ],
    head: ['streams', 'p50 ms', 'p99 ms', 'least', 'most', 'largest', 'p99 lateness ms'],
    rows: [...samples].map(([streams, taken]) => {
      const spread = range(taken.map(({ transit }) => transit.p99Ms))
      return [
        streams.toLocaleString('en'),
        figure(medianOf(taken, ({ transit }) => transit.p50Ms)),
        figure(p99(streams)),
        figure(spread?.least),
        figure(spread?.most),
        figure(medianOf(taken, ({ transit }) => transit.maxMs)),
        figure(medianOf(taken, ({ lateness }) => lateness.p99Ms)),
      ]
    }),
    problems: problemsIn(samples),
    goals: [...limitsMs].map(([streams, limitMs]) =>
      atMost(`p99 transit, ${streams.toLocaleString('en')} streams`, p99(streams), limitMs, 'ms'),
    ),
  }
}

async function measure(context: BenchContext, streams: number) {
  const { chunks, delayMs, rampMs } = pace
  const load = [
    '--streams',
    `${streams}`,
    '--chunks',
    `${chunks}`,
    '--delay-ms',
    `${delayMs}`,
    '--ramp-ms',
    `${rampMs}`,
  ]
  const { verdict, report, metrics } = reportSchema.parse(
    await runProduct(context, 'direct', load, rampMs + chunks * delayMs),
  )
  const { state, reasons } = verdict.timing
  const problems = [
    ...(report.successful === streams ? [] : [`${report.successful} of ${streams} streams were whole`]),
    ...(state === 'trusted' ? [] : [`timing is ${state}: ${reasons.join('; ')}`]),
  ].map((problem) => `self-noise, ${streams} streams: ${problem}`)
  return { ...metrics, problems }
}
