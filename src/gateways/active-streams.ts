import { fetchText } from '../base/fetch-text.ts'

/** Where a gateway says how many streams are open, and how to read it there. */
export type ActiveStreamsProbe = {
  readonly path: string
  /** What the asking itself adds to the count. */
  readonly own: number
  /** Least time between two askings, in ms, where asking as often as others are asked would be a load of its own. */
  readonly everyMs?: number
} & (
  | { readonly kind: 'json'; readonly member: string }
  /** `sample`: name and labels, as the line begins. */
  | { readonly kind: 'prometheus'; readonly sample: string }
  /** nginx's page: who is being answered. */
  | { readonly kind: 'stub_status' }
)

/** The open streams in an answer, less the asking itself; undefined where it does not say. */
export function activeStreamsIn(text: string, probe: ActiveStreamsProbe): number | undefined {
  const count = countIn(text, probe)
  return count === undefined || Number.isNaN(count) ? undefined : Math.max(0, count - probe.own)
}

function countIn(text: string, probe: ActiveStreamsProbe): number | undefined {
  switch (probe.kind) {
    case 'json':
      return memberIn(text, probe.member)
    case 'prometheus': {
      const line = text.split('\n').find((one) => one.startsWith(`${probe.sample} `))
      return line === undefined ? undefined : Number.parseFloat(line.slice(probe.sample.length))
    }
    case 'stub_status': {
      const found = /\bWriting: (\d+)/.exec(text)
      return found ? Number(found[1]) : undefined
    }
  }
}

function memberIn(text: string, member: string): number | undefined {
  try {
    const value: unknown = JSON.parse(text)?.[member]
    return typeof value === 'number' ? value : undefined
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined
    throw cause
  }
}

/** Asks a gateway for its open streams; undefined where it does not say. */
export async function readActiveStreams(baseUrl: string, probe: ActiveStreamsProbe): Promise<number | undefined> {
  const text = await fetchText(`${baseUrl}${probe.path}`)
  return text === undefined ? undefined : activeStreamsIn(text, probe)
}
