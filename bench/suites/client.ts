import { cpuPerEventUs, runAgainstMock } from '../against-mock.ts'
import type { BenchContext } from '../context.ts'
import { describeLoad, type Load, unverified } from '../load.ts'
import { presentAmong } from '../present.ts'
import { interleave, problemsIn } from '../rounds.ts'
import { atMost, atMostLarger, below, figure, ratio, type Section } from '../section.ts'
import { medianOf, range } from '../statistics.ts'
import { clients } from './clients.ts'

const usual: Load = { streams: 1000, chunks: 50, delayMs: 50, rampMs: 1000 }

/** CPU time of the client per event: ours, a bare `node:http` reader, got, aiohttp, and lower bounds that only read. */
export async function benchClient(context: BenchContext, load = usual): Promise<Section> {
  const { names, absent } = await presentAmong(clients, context)
  const samples = await interleave(context, 'client', names, async (name) => {
    const sample = await runAgainstMock(context, { mock: 'mock-ours', client: clients[name] as string }, load)
    return name === 'ours'
      ? { ...sample, problems: [...sample.problems, ...unverified(name, load, sample.client)] }
      : sample
  })
  const perEvent = (name: string) => medianOf(samples.get(name) ?? [], cpuPerEventUs)
  const [ours, bare, got, python] = ['ours', 'node:http', 'got', 'aiohttp'].map(perEvent)
  return {
    title: 'Client: CPU of its process',
    notes: [
      `${describeLoad(load)}; openai-chat-completions, one connection per stream, a new mock of ours each time`,
      'CPU time (user and system) from the first start to the last end, including compilation. Ours parses each event and checks each',
      'delta against its plan and each event against its grammar, with a record per stream and histograms of gaps and transit; the others',
      'count bytes and blank lines; oha counts bytes, requests the same plan for all streams, and its CPU time is known to 10 ms',
    ],
    head: ['client', 'us/event', 'least', 'most', '/ node:http', '/ got', '/ aiohttp', 'us/delta', 'peak MiB'],
    rows: [
      ...[...samples].map(([name, taken]) => {
        const spread = range(taken.map(cpuPerEventUs))
        return [
          name,
          figure(perEvent(name)),
          figure(spread?.least),
          figure(spread?.most),
          ratio(perEvent(name), bare),
          ratio(perEvent(name), got),
          ratio(perEvent(name), python),
          figure(medianOf(taken, ({ client, mock }) => client.cpuUs / mock.deltas)),
          figure(medianOf(taken, ({ client }) => client.peakRssMib)),
        ]
      }),
      ...absent,
    ],
    problems: problemsIn(samples),
    goals: [
      atMost('CPU per event, ours', ours, 20, 'us'),
      atMostLarger('CPU per event, ours', ours, 18, 'us', { share: 0.65, rival: 'node:http', took: bare }),
      atMost('CPU per event, ours', ours, (got ?? Number.NaN) / 3, 'us', " (a third of got's)"),
      below('CPU per event, ours', ours, (python ?? Number.NaN) / 3, 'us', " (a third of aiohttp's)"),
    ],
  }
}
