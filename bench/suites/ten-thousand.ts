import { cpuPerEventUs, runVerified, type Sample } from '../against-mock.ts'
import type { BenchContext } from '../context.ts'
import { gapErrorMs, quantileMs } from '../gap-error.ts'
import { describeLoad, type Load } from '../load.ts'
import { interleave, problemsIn } from '../rounds.ts'
import { atMost, figure, type Section } from '../section.ts'
import { medianOf, range } from '../statistics.ts'

const usual: Load = { streams: 10_000, chunks: 20, delayMs: 500, rampMs: 3000 }
const name = 'direct'

/** 10,000 streams, one process of ours at each end, and each delta verified. */
export async function benchTenThousand(context: BenchContext, load = usual): Promise<Section> {
  const samples = await interleave(context, 'ten-thousand', [name], () => runVerified(context, load))
  const taken = samples.get(name) ?? []
  const gapError = ({ client }: Sample) => gapErrorMs(client.interChunk, load.delayMs, 0.99)
  const spread = range(taken.map(gapError).filter((ms) => ms !== undefined))
  return {
    title: `${load.streams.toLocaleString('en')} streams: one client process, one mock process`,
    notes: [
      `${describeLoad(load)}; openai-chat-completions, nothing between them, each delta compared with its plan`,
      'gap error: how far 99 % of the gaps stay from the delay, too long or too short, with what the mock itself is late',
    ],
    head: ['', 'p99 gap error ms', 'least', 'most', 'p99 transit ms', 'p99 pacing ms', 'us/event', 'peak MiB'],
    rows: [
      [
        name,
        figure(medianOf(taken, gapError)),
        figure(spread?.least),
        figure(spread?.most),
        figure(medianOf(taken, ({ client }) => quantileMs(client.transit, 0.99))),
        figure(medianOf(taken, ({ mock }) => mock.pacingP99Ms)),
        figure(medianOf(taken, cpuPerEventUs)),
        figure(medianOf(taken, ({ client }) => client.peakRssMib)),
      ],
    ],
    problems: problemsIn(samples),
    goals: [verifiedGoal(taken, load), atMost('p99 gap error', medianOf(taken, gapError), 10, 'ms')],
  }
}

function verifiedGoal(taken: readonly Sample[], { streams, chunks }: Load) {
  const least = Math.min(...taken.map(({ client }) => client.verified ?? 0))
  const deltas = (count: number) => `${count.toLocaleString('en')} deltas`
  const wanted = streams * chunks
  return {
    what: 'each delta verified',
    limit: deltas(wanted),
    measured: `${deltas(least)} in each round, or more`,
    reached: least === wanted,
  }
}
