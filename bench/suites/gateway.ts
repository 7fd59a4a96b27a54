import { runAgainstMock } from '../against-mock.ts'
import type { BenchContext } from '../context.ts'
import { describeLoad } from '../load.ts'
import { nginxVersion } from '../nginx.ts'
import { interleave, problemsIn } from '../rounds.ts'
import { atMost, figure, ratio, type Section } from '../section.ts'
import { medianOf, range } from '../statistics.ts'
import { runThroughGateway } from '../through-gateway.ts'

const load = { streams: 500, chunks: 50, delayMs: 50, rampMs: 1000 }
const gateways: Readonly<Record<string, string>> = { reference: 'gateway-reference', nginx: 'gateway-nginx' }

/** CPU time of the reference gateway per delta and what it adds to the TTFT, compared with nginx. */
export async function benchGateway(context: BenchContext): Promise<Section> {
  const nginx = nginxVersion(context.env)
  const names = ['direct', 'reference', ...(nginx === undefined ? [] : ['nginx'])]
  const samples = await interleave(context, 'gateway', names, async (name) => {
    const script = gateways[name]
    if (script !== undefined) return runThroughGateway(context, script, load)
    const sample = await runAgainstMock(context, { mock: 'mock-ours', client: 'client-ours' }, load)
    return { ...sample, gatewayCpuUs: undefined }
  })
  const direct = samples.get('direct') ?? []
  const perDelta = (name: string) => medianOf(samples.get(name) ?? [], cpuPerDeltaUs)
  const [ours, theirs] = [perDelta('reference'), perDelta('nginx')]
  return {
    title: 'Reference gateway: CPU of its processes, and the TTFT that it adds',
    notes: [
      `${describeLoad(load)}; openai-chat-completions; client and mock are ours, on the same cores`,
      nginx === undefined
        ? 'nginx is not installed (apt-get install nginx-light), so it is left out'
        : `${nginx}: one worker, unbuffered, upstream keep-alive; its CPU is that of master and worker`,
      'CPU time (user and system, /proc/<pid>/stat, to 10 ms) while the client ran, including compilation; added TTFT: p50 minus that',
      'of the direct load of the same round, from the start of a stream to its first delta',
    ],
    head: ['gateway', 'us/delta', 'least', 'most', '/ nginx', 'TTFT p50 ms', 'added ms'],
    rows: [...samples].map(([name, taken]) => {
      const spread = range(taken.map(cpuPerDeltaUs).filter((value) => value !== undefined))
      const added = taken.map(({ client }, round) => minus(client.ttftP50Ms, direct[round]?.client.ttftP50Ms))
      return [
        name,
        figure(perDelta(name)),
        figure(spread?.least),
        figure(spread?.most),
        ratio(perDelta(name), theirs),
        figure(medianOf(taken, ({ client }) => client.ttftP50Ms)),
        name === 'direct' ? '' : figure(medianOf(added, (ms) => ms)),
      ]
    }),
    problems: problemsIn(samples),
    goals:
      theirs === undefined ? [] : [atMost('CPU per delta, reference', ours, 4 * theirs, 'us', " (4 times nginx's)")],
  }
}

function cpuPerDeltaUs({ gatewayCpuUs, mock }: { gatewayCpuUs: number | undefined; mock: { deltas: number } }) {
  return gatewayCpuUs === undefined ? undefined : gatewayCpuUs / mock.deltas
}

function minus(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a - b
}
