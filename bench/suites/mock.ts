import { runAgainstMock, type Sample } from '../against-mock.ts'
import type { BenchContext } from '../context.ts'
import { describeLoad, type Load } from '../load.ts'
import { presentAmong } from '../present.ts'
import { interleave, problemsIn } from '../rounds.ts'
import { atMostLarger, below, figure, ratio, type Section } from '../section.ts'
import { medianOf, range } from '../statistics.ts'

const usual: Load = { streams: 1000, chunks: 50, delayMs: 50, rampMs: 1000 }
const mocks: Readonly<Record<string, string>> = {
  ours: 'mock-ours',
  'node:http': 'mock-node-http',
  Starlette: 'mock-starlette.py',
  'net, writes only': 'mock-net',
}

/** CPU time of the mock per delta and its pacing error: ours, a bare `node:http` mock, Starlette on uvicorn, and bare sockets. */
export async function benchMock(context: BenchContext, load = usual): Promise<Section> {
  const { names, absent } = await presentAmong(mocks, context)
  const samples = await interleave(context, 'mock', names, (name) =>
    runAgainstMock(context, { mock: mocks[name] as string, client: 'client-ours' }, load),
  )
  const perDelta = (name: string) => medianOf(samples.get(name) ?? [], cpuPerDeltaUs)
  const pacing = medianOf(samples.get('ours') ?? [], ({ mock }) => mock.pacingP99Ms)
  const bare = perDelta('node:http')
  return {
    title: 'Mock: CPU of its process, and its pace',
    notes: [
      `${describeLoad(load)}; openai-chat-completions; the client is ours, on the same cores`,
      'CPU time (user and system) since it listens, including compilation; ours has express routes, checks each request, makes the text',
      'from the plan; node:http parses the JSON, then writes the same delta again and again with one timing wheel; net',
      'treats any bytes as the request and writes the same: the floor of sockets in Node.js; Starlette sleeps after each delta',
      'pacing error: time of writing minus due time, as the mock reports it; gap error: p99 of the gaps at the client minus the delay',
    ],
    head: ['mock', 'us/delta', 'least', 'most', '/ node:http', 'p99 pacing ms', 'p99 gap error ms'],
    rows: [
      ...[...samples].map(([name, taken]) => {
        const spread = range(taken.map(cpuPerDeltaUs))
        return [
          name,
          figure(perDelta(name)),
          figure(spread?.least),
          figure(spread?.most),
          ratio(perDelta(name), bare),
          figure(medianOf(taken, ({ mock }) => mock.pacingP99Ms)),
          figure(medianOf(taken, ({ client }) => client.gapP99Ms && client.gapP99Ms - load.delayMs)),
        ]
      }),
      ...absent,
    ],
    problems: problemsIn(samples),
    goals: [
      atMostLarger('CPU per delta, ours', perDelta('ours'), 27, 'us', { share: 0.85, rival: 'node:http', took: bare }),
      below('p99 pacing error, ours', pacing, 10, 'ms'),
    ],
  }
}

function cpuPerDeltaUs({ mock }: Sample): number {
  return mock.cpuUs / mock.deltas
}
