import { grouped, notMeasured } from '../base/format.ts'
import { printable } from '../base/printable.ts'
import { isBack, peakOfGateway, remainNames } from '../judge/remains.ts'
import type { Drain, Remains } from '../model/drain.ts'
import type { Run } from '../model/run.ts'

const titles: Readonly<Record<keyof Remains, string>> = {
  activeStreams: 'active_streams:',
  mockStreams: 'At the mock:',
  descriptors: 'Descriptors:',
  closeWaitSockets: 'CLOSE_WAIT:',
  upstreamSockets: 'Kept to mock:',
  memoryBytes: 'Memory:',
}

/** What came back after the load and in how long, and what did not. Nothing where nobody looked. */
export function drainLines(run: Pick<Run, 'drain' | 'mock' | 'records'>): string[] {
  const { drain } = run
  if (drain === undefined) return []
  const { before, after, backMs, tookMs, limitS } = drain
  const peak = peakOfGateway(run)
  const line = (name: keyof Remains) => {
    const [had, has] = [before[name], after[name]]
    if (had === undefined && has === undefined) return row(titles[name], 'not seen from here')
    const back = isBack(name, before, after, peak)
    const when = backMs[name] === undefined ? '' : `, back in ${grouped(backMs[name])} ms`
    return row(
      titles[name],
      `${amount(name, had)} before the load, ${amount(name, has)} after${back ? when : ', NOT BACK'}`,
    )
  }
  return [
    '',
    `  Drain (${grouped(tookMs)} ms of at most ${limitS} s):`,
    ...remainNames.map(line),
    row('Alive:', aliveness(drain)),
  ]
}

function aliveness({ probe, healthFault }: Drain): string {
  const health = healthFault === undefined ? '' : `; health check: ${printable(healthFault)}`
  if (probe === undefined) return `not asked${health}`
  return `${probe.whole ? 'one more stream came whole' : `NOT: ${printable(probe.fault ?? 'the probe failed')}`}${health}`
}

function row(title: string, text: string): string {
  return `    ${title.padEnd(16)} ${text}`
}

function amount(name: keyof Remains, value: number | undefined): string {
  if (value === undefined) return notMeasured
  return name === 'memoryBytes' ? `${(value / 2 ** 20).toFixed(1)} MiB` : grouped(value)
}
