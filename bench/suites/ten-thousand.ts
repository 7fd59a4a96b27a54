import { cpuPerEventUs, runAgainstMock, runVerified, type Sample } from '../against-mock.ts'
import type { BenchContext } from '../context.ts'
import { gapErrorMs, quantileMs } from '../gap-error.ts'
import { describeLoad, type Load } from '../load.ts'
import { interleave, problemsIn } from '../rounds.ts'
import { atMost, figure, type Section } from '../section.ts'
import { medianOf, range } from '../statistics.ts'

const usual: Load = { streams: 10_000, chunks: 20, delayMs: 500, rampMs: 3000 }
const ours = 'ours'
const floor = 'floor: bare sockets'

/** 10,000 streams with one process of ours at each end; each delta is verified. */
export async function benchTenThousand(context: BenchContext, load = usual): Promise<Section> {
  const samples = await interleave(context, 'ten-thousand', [ours, floor], (name) =>
    name === ours
      ? runVerified(context, load)
      : runAgainstMock(context, { client: 'client-net', mock: 'mock-net' }, { ...load, isFollowed: true }),
  )
  const taken = samples.get(ours) ?? []
  const gapError = ({ client }: Sample) => gapErrorMs(client.interChunk, load.delayMs, 0.99)
  return {
    title: `${load.streams.toLocaleString('en')} streams: one client process, one mock process`,
    notes: [
      `${describeLoad(load)}; openai-chat-completions, nothing between them; ours checks each delta against its plan, the floor only reads and writes`,
      'gap error: p99 of the absolute difference between gaps and the delay, including the lateness of the mock; the floor measures gaps between reads',
    ],
    head: ['', 'p99 gap error ms', 'least', 'most', 'p99 transit ms', 'p99 pacing ms', 'us/event', 'peak MiB'],
    rows: [...samples].map(([name, rounds]) => {
      const spread = range(rounds.map(gapError).filter((ms) => ms !== undefined))
      return [
        name,
        figure(medianOf(rounds, gapError)),
        figure(spread?.least),
        figure(spread?.most),
        figure(medianOf(rounds, ({ client }) => quantileMs(client.transit, 0.99))),
        figure(medianOf(rounds, ({ mock }) => mock.pacingP99Ms)),
        figure(medianOf(rounds, cpuPerEventUs)),
        figure(medianOf(rounds, ({ client }) => client.peakRssMib)),
      ]
    }),
    problems: problemsIn(samples),
    goals: [verifiedGoal(taken, load), atMost('p99 gap error', medianOf(taken, gapError), 10, 'ms')],
  }
}

function verifiedGoal(taken: readonly Sample[], { streams, chunks }: Load) {
  const least = Math.min(...taken.map(({ client }) => client.verified ?? 0))
  const deltas = (count: number) => `${count.toLocaleString('en')} deltas`
  const planned = streams * chunks
  return {
    what: 'each delta verified',
    limit: deltas(planned),
    measured: `${deltas(least)} in each round, or more`,
    reached: least === planned,
  }
}
