import { cpuPerEventUs, runAgainstMock, type Sample } from '../against-mock.ts'
import type { BenchContext } from '../context.ts'
import { describeLoad, type Load } from '../load.ts'
import { presentAmong } from '../present.ts'
import { interleave, problemsIn } from '../rounds.ts'
import { atMost, figure, ratio, type Section } from '../section.ts'
import { medianOf, range } from '../statistics.ts'
import { clients } from './clients.ts'

const usual: Load = { streams: 10_000, chunks: 20, delayMs: 500, rampMs: 3000 }

/** Peak memory of the client with 10,000 open streams. */
export async function benchMemory(context: BenchContext, load = usual): Promise<Section> {
  const { names, absent } = await presentAmong(clients, context)
  const samples = await interleave(context, 'memory', names, (name) =>
    runAgainstMock(context, { mock: 'mock-ours', client: clients[name] as string }, load),
  )
  const peak = (name: string) => medianOf(samples.get(name) ?? [], peakMib)
  return {
    title: 'Client: peak memory of its process',
    notes: [
      `${describeLoad(load)}; openai-chat-completions; peak resident set (VmHWM) of the process`,
      'ours verifies each delta and keeps a record of each stream until the end; the others keep nothing',
    ],
    head: ['client', 'peak MiB', 'least', 'most', '/ node:http', 'us/event'],
    rows: [
      ...[...samples].map(([name, taken]) => {
        const spread = range(taken.map(peakMib))
        return [
          name,
          figure(peak(name)),
          figure(spread?.least),
          figure(spread?.most),
          ratio(peak(name), peak('node:http')),
          figure(medianOf(taken, cpuPerEventUs)),
        ]
      }),
      ...absent,
    ],
    problems: problemsIn(samples),
    goals: [atMost('peak memory, ours', peak('ours'), 150, 'MiB')],
  }
}

function peakMib({ client }: Sample): number {
  return client.peakRssMib
}
