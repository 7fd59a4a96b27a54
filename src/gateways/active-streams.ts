import { fetchText } from '../base/fetch-text.ts'
import { asNumber, asObject, parseAnswer } from '../base/json.ts'

/** Where a gateway reports how many streams are open, and how to read the count. */
export type ActiveStreamsProbe = {
  readonly path: string
  /** What the query itself adds to the count. */
  readonly own: number
  /** Minimum time between two queries, in ms. Set if queries at the default rate would put a load on the gateway. */
  readonly everyMs?: number
} & (
  | { readonly kind: 'json'; readonly member: string }
  /** `sample`: the metric's name and labels, as they start the line. */
  | { readonly kind: 'prometheus'; readonly sample: string }
  /** nginx's status page: the connections to which nginx is writing. */
  | { readonly kind: 'stub_status' }
)

/** Reads the number of open streams from an answer, excluding the query itself; undefined if there is no count. */
export function activeStreamsIn(text: string, probe: ActiveStreamsProbe): number | undefined {
  const count = countIn(text, probe)
  return count === undefined || !Number.isFinite(count) ? undefined : Math.max(0, count - probe.own)
}

function countIn(text: string, probe: ActiveStreamsProbe): number | undefined {
  switch (probe.kind) {
    case 'json':
      return memberIn(text, probe.member)
    case 'prometheus':
      return metricIn(text, probe.sample)
    case 'stub_status': {
      const match = /\bWriting: (\d+)/.exec(text)
      return match ? Number(match[1]) : undefined
    }
  }
}

/**
 * The value of a metric in the Prometheus text format. `sample` is the start of its line: the metric's name, with its labels if
 * they matter. Undefined if there is no such line or its value is not a finite number.
 */
export function metricIn(text: string, sample: string): number | undefined {
  for (const line of text.split('\n')) {
    if (!line.startsWith(sample)) continue
    const rest = line.slice(sample.length)
    const value = rest.startsWith('{') ? rest.slice(rest.lastIndexOf('}') + 1) : rest
    // A longer name is another metric.
    if (!/^[ \t]/.test(value)) continue
    const [number = ''] = value.trim().split(/[ \t]/, 1)
    if (number === '') continue
    return Number.isFinite(Number(number)) ? Number(number) : undefined
  }
  return undefined
}

function memberIn(text: string, member: string): number | undefined {
  return asNumber(asObject(parseAnswer(Buffer.from(text)))?.[member])
}

/** Queries a gateway for its open streams; undefined if it does not report a count. */
export async function readActiveStreams(
  baseUrl: string,
  probe: ActiveStreamsProbe,
  headers?: Readonly<Record<string, string>>,
): Promise<number | undefined> {
  const text = await fetchText(`${baseUrl}${probe.path}`, { headers })
  return text === undefined ? undefined : activeStreamsIn(text, probe)
}
