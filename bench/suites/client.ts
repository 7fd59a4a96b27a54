import { runAgainstMock, type Sample } from '../against-mock.ts'
import type { BenchContext } from '../context.ts'
import { describeLoad } from '../load.ts'
import { interleave, problemsIn } from '../rounds.ts'
import { atMost, atMostKinder, figure, ratio, type Section } from '../section.ts'
import { medianOf, range } from '../statistics.ts'
import { clients } from './clients.ts'

const load = { streams: 1000, chunks: 50, delayMs: 50, rampMs: 1000 }

/** CPU of the client for each event, ours beside a bare `node:http` reader and got. */
export async function benchClient(context: BenchContext): Promise<Section> {
  const samples = await interleave(context, 'client', Object.keys(clients), (name) =>
    runAgainstMock(context, { mock: 'mock-ours', client: clients[name] as string }, load),
  )
  const perEvent = (name: string) => medianOf(samples.get(name) ?? [], cpuPerEventUs)
  const [ours, bare, got] = [perEvent('ours'), perEvent('node:http'), perEvent('got')]
  return {
    title: 'Client: CPU of its process',
    notes: [
      `${describeLoad(load)}; openai-chat-completions, a fresh connection a stream, a fresh mock of ours each time`,
      'CPU (user and system) from the first start to the last end, compiling included; what ours does: parse each event,',
      'the terminal check, a record a stream, gaps into a histogram; the others count bytes and blank lines',
    ],
    head: ['client', 'us/event', 'least', 'most', '/ node:http', 'us/delta', 'peak MiB'],
    rows: [...samples].map(([name, taken]) => {
      const spread = range(taken.map(cpuPerEventUs))
      return [
        name,
        figure(perEvent(name)),
        figure(spread?.least),
        figure(spread?.most),
        ratio(perEvent(name), bare),
        figure(medianOf(taken, ({ client, mock }) => client.cpuUs / mock.deltas)),
        figure(medianOf(taken, ({ client }) => client.peakRssMib)),
      ]
    }),
    problems: problemsIn(samples),
    goals: [
      atMostKinder('CPU an event, ours', ours, 18, 'us', { share: 0.65, of: 'node:http', took: bare }),
      atMost('CPU an event, ours', ours, (got ?? Number.NaN) / 3, 'us', " (a third of got's)"),
    ],
  }
}

function cpuPerEventUs({ client }: Sample): number {
  return client.cpuUs / client.events
}
