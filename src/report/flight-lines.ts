import { counted } from '../base/format.ts'
import { printable } from '../base/printable.ts'
import type { Flight } from '../model/flight.ts'
import type { Run } from '../model/run.ts'
import { rerunCommand } from './rerun.ts'

/** Streams that are shown of either sort; the file has all that were kept. */
const shown = 3

/** Where the worst streams, and those that failed, lost their time, and how to run each again. */
export function flightLines(run: Run): string[] {
  const flights = run.flights ?? []
  const of = (why: Flight['why']) => flights.filter((flight) => flight.why === why)
  if (flights.length === 0) return []
  return [
    '',
    `  Flight recorder (${counted(of('failed').length, 'failed stream')}, ${of('worst').length} worst; each delta of theirs in flights.ndjson):`,
    ...[...of('failed').slice(0, shown), ...of('worst').slice(0, shown)].flatMap((flight) => {
      const command = rerunCommand(run, flight.stream)
      return [`    stream ${flight.stream}: ${longestOf(flight)}`, ...(command ? [`      ${printable(command)}`] : [])]
    }),
  ]
}

/** The longest wait for a delta; where each is there, for which, and which part of it was before the mock sent the delta. */
function longestOf({ deltas, why, stride, longestWaitNs }: Flight): string {
  const longest = `${why}, longest wait ${ms(longestWaitNs / 1000)}`
  if (deltas.length === 0) return `${why}, no delta came`
  if (stride > 1) return longest
  let [at, waitUs] = [0, -1]
  deltas.forEach(([, cameUs], index) => {
    const sinceUs = cameUs - (deltas[index - 1]?.[1] ?? 0)
    if (sinceUs > waitUs) [at, waitUs] = [index, sinceUs]
  })
  const [sentUs = null, cameUs = 0] = deltas[at] ?? []
  // An estimated clock may say a little less than nothing.
  const transit = sentUs === null ? '' : `, sent ${ms(Math.max(0, cameUs - sentUs))} before it came`
  return `${longest}, for delta ${at}${transit}`
}

function ms(us: number): string {
  return `${(us / 1000).toFixed(1)} ms`
}
