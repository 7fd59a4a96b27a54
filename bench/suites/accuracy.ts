import { runVerified, type Sample } from '../against-mock.ts'
import type { BenchContext } from '../context.ts'
import { quantileMs } from '../gap-error.ts'
import { describeLoad, type Load } from '../load.ts'
import { interleave, problemsIn } from '../rounds.ts'
import { figure, type Section } from '../section.ts'
import { medianOf } from '../statistics.ts'

/** 5,000 streams with a delay of 50 ms would be 100,000 events/s, which is more than two cores can handle. */
const usual: readonly Load[] = [
  { streams: 100, chunks: 50, delayMs: 50, rampMs: 1000 },
  { streams: 1000, chunks: 50, delayMs: 50, rampMs: 1000 },
  { streams: 5000, chunks: 20, delayMs: 250, rampMs: 3000 },
]

/** The difference between what the client measures and what the mock did, by the mock's stamps. */
export async function benchAccuracy(context: BenchContext, usualLoads = usual): Promise<Section> {
  const loads = new Map(usualLoads.map((load) => [load.streams.toLocaleString('en'), load]))
  const samples = await interleave(context, 'accuracy', [...loads.keys()], (name) =>
    runVerified(context, { ...(loads.get(name) as Load), isFollowed: true }),
  )
  const errorOf = (taken: readonly Sample[], what: 'ttftError' | 'gapError', q: number) =>
    figure(medianOf(taken, ({ client }) => quantileMs(client[what], q)))
  return {
    title: 'Accuracy: what the client measured minus what the mock did',
    notes: [
      ...[...loads].map(([name, load]) => `${name}: ${describeLoad(load)}`),
      'openai-chat-completions, our mock, each delta verified; one clock, with the stamp that the mock writes into each delta',
      'TTFT error: arrival of the first delta minus its stamp, per stream; ICL error: absolute difference between a measured gap and',
      'that of the two stamps, per gap; pacing: how late the mock writes, as it reports it, which is in none of the errors',
    ],
    head: [
      'streams',
      'TTFT p50 ms',
      'p99 ms',
      'largest',
      'ICL p50 ms',
      'p99 ms',
      'largest',
      'p99 pacing ms',
      'TTFT n',
      'ICL n',
    ],
    rows: [...samples].map(([name, taken]) => [
      name,
      errorOf(taken, 'ttftError', 0.5),
      errorOf(taken, 'ttftError', 0.99),
      errorOf(taken, 'ttftError', 1),
      errorOf(taken, 'gapError', 0.5),
      errorOf(taken, 'gapError', 0.99),
      errorOf(taken, 'gapError', 1),
      figure(medianOf(taken, ({ mock }) => mock.pacingP99Ms)),
      `${taken[0]?.client.ttftError?.n ?? 'n/a'}`,
      `${taken[0]?.client.gapError?.n ?? 'n/a'}`,
    ]),
    problems: problemsIn(samples),
    goals: [],
  }
}
