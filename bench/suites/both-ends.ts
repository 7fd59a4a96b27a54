import { runAgainstMock, runVerified, type Sample } from '../against-mock.ts'
import type { BenchContext } from '../context.ts'
import { describeLoad, type Load } from '../load.ts'
import { presentAmong } from '../present.ts'
import { interleave, problemsIn } from '../rounds.ts'
import { atMost, figure, ratio, type Section } from '../section.ts'
import { medianOf, range } from '../statistics.ts'

const usual: Load = { streams: 1000, chunks: 50, delayMs: 50, rampMs: 1000 }
/** Client and mock of each pair. */
const pairs: Readonly<Record<string, readonly [client: string, mock: string]>> = {
  ours: ['client-ours', 'mock-ours'],
  'aiohttp and Starlette': ['client-aiohttp.py', 'mock-starlette.py'],
  'floor: epoll in C, net': ['client-epoll.c', 'mock-net'],
}

/** CPU time of client and mock together. */
export async function benchBothEnds(context: BenchContext, load = usual): Promise<Section> {
  const { names, absent } = await presentAmong(pairs, context)
  const samples = await interleave(context, 'both-ends', names, (name) => {
    const [client, mock] = pairs[name] as readonly [string, string]
    return name === 'ours' ? runVerified(context, load) : runAgainstMock(context, { mock, client }, load)
  })
  const perEvent = (name: string) => medianOf(samples.get(name) ?? [], bothUs)
  return {
    title: 'Both ends: CPU of client and mock together',
    notes: [
      `${describeLoad(load)}: ${Math.round((load.streams * 1000) / load.delayMs).toLocaleString('en')} deltas/s; openai-chat-completions`,
      'CPU time (user and system) of both processes per event: the client from its first start to its last end, the mock since it listens;',
      'ours verifies each delta; the floor does not parse, and its mock does not implement HTTP',
    ],
    head: ['client and mock', 'us/event', 'least', 'most', '/ floor', 'client us', 'mock us'],
    rows: [
      ...[...samples].map(([name, taken]) => {
        const spread = range(taken.map(bothUs))
        return [
          name,
          figure(perEvent(name)),
          figure(spread?.least),
          figure(spread?.most),
          ratio(perEvent(name), perEvent('floor: epoll in C, net')),
          figure(medianOf(taken, ({ client, mock }) => client.cpuUs / mock.events)),
          figure(medianOf(taken, ({ mock }) => mock.cpuUs / mock.events)),
        ]
      }),
      ...absent,
    ],
    problems: problemsIn(samples),
    goals: [atMost('CPU of both an event, ours', perEvent('ours'), 45, 'us')],
  }
}

function bothUs({ client, mock }: Sample): number {
  return (client.cpuUs + mock.cpuUs) / mock.events
}
