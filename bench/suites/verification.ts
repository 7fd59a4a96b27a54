import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { protocolNames } from '../../src/model/protocol-name.ts'
import type { BenchContext } from '../context.ts'
import { interleave } from '../rounds.ts'
import { atMost, figure, type Section } from '../section.ts'
import { medianOf } from '../statistics.ts'

interface Sample {
  readonly usPerEvent: number
  readonly bytesPerStream: number
  readonly problems: number
}

const script = fileURLToPath(new URL('../contenders/verification.ts', import.meta.url))

/** The cost of checking each delta against its plan and grammar, compared with parsing alone. */
export async function benchVerification(context: BenchContext): Promise<Section> {
  const contenders = protocolNames.flatMap((protocol) => [`parse ${protocol}`, `verify ${protocol}`])
  const samples = await interleave(context, 'verification', contenders, async (name): Promise<Sample> => {
    const args = ['--expose-gc', script, ...name.split(' ')]
    const { stdout } = await promisify(execFile)(process.execPath, args, { signal: context.signal })
    return JSON.parse(stdout)
  })
  const us = (name: string) => medianOf(samples.get(name) ?? [], ({ usPerEvent }) => usPerEvent)
  const bytes = (name: string) => medianOf(samples.get(name) ?? [], ({ bytesPerStream }) => bytesPerStream)
  const more = (costOf: (name: string) => number | undefined, protocol: string) =>
    (costOf(`verify ${protocol}`) ?? Number.NaN) - (costOf(`parse ${protocol}`) ?? Number.NaN)
  return {
    title: 'Verification: each delta against its plan and its grammar',
    notes: [
      '4,000 streams of 50 deltas, one event per read, no sockets; CPU time (user and system), including compilation',
      'memory: 5,000 streams held in the middle, after a garbage collection; both include the parser',
    ],
    head: ['', 'us/event', 'bytes/stream'],
    rows: contenders.map((name) => [name, figure(us(name)), figure(bytes(name))]),
    problems: [...samples].flatMap(([name, taken]) =>
      taken.some(({ problems }) => problems > 0) ? [`${name}: findings in streams that are whole`] : [],
    ),
    goals: protocolNames.flatMap((protocol) => [
      atMost(`CPU per event more than parsing, ${protocol}`, more(us, protocol), 4, 'us'),
      atMost(`memory a stream more than parsing, ${protocol}`, more(bytes, protocol), 2048, 'bytes'),
    ]),
  }
}
