import { type Fault, sees } from './fault.ts'
import { before, changeDelta, fin, from, raw, type Step, willClose } from './step.ts'

const placed = { kind: 'broken', isPlaced: true } as const

function dataOf(event: string): string {
  return event.slice(event.indexOf('data: ') + 6, -2)
}

/** Faults in the JSON of an event, or in HTTP itself. */
export const malformedFaults = {
  'bad-json': {
    ...placed,
    describe: 'breaks the JSON of an event',
    rows: [27],
    direct: sees('json_malformed'),
    apply: ({ steps, at }) => changeDelta(steps, at, (event) => event.replace('data: {', 'data: {{')),
  },
  'two-jsons': {
    ...placed,
    describe: 'puts two JSON objects into one data line',
    rows: [27],
    direct: sees('json_malformed'),
    apply: ({ steps, at }) => changeDelta(steps, at, (event) => event.replace(/\n\n$/, `${dataOf(event)}\n\n`)),
  },
  'split-json': {
    ...placed,
    describe: 'splits one JSON object over two events',
    rows: [27],
    direct: sees('json_malformed'),
    apply: ({ steps, at }) =>
      changeDelta(steps, at, (event) => {
        const start = event.slice(0, event.indexOf('data: '))
        const data = dataOf(event)
        const half = data.indexOf('~')
        return `${start}data: ${data.slice(0, half)}\n\n${start}data: ${data.slice(half)}\n\n`
      }),
  },
  'bad-chunk-size': {
    ...placed,
    describe: 'sends an HTTP chunk with an invalid size',
    rows: [28],
    direct: sees('http_malformed'),
    apply: ({ steps, at }) => [...before(steps, at), raw('xyz\r\n'), ...from(steps, at)],
  },
  'length-short': {
    kind: 'form',
    alsoRight: ['unterminated_final_event', 'truncated_clean_eof'],
    isPlaced: false,
    describe: 'announces a shorter body than it sends',
    rows: [28],
    direct: sees('http_trailing_garbage'),
    apply: ({ steps }) => withLength(steps, 64, willClose),
  },
  'length-long': {
    kind: 'broken',
    isPlaced: false,
    describe: 'announces a longer body than it sends',
    rows: [28],
    direct: sees('truncated_fin'),
    apply: ({ steps }) => withLength(steps, 50_000_000),
  },
  'large-header': {
    kind: 'broken',
    isPlaced: false,
    describe: 'sends a header of 70 KB',
    rows: [28],
    direct: sees('http_malformed'),
    apply: ({ steps }) =>
      steps.map((step) =>
        step.do === 'head' ? { ...step, headers: { ...step.headers, 'x-large': 'x'.repeat(70_000) } } : step,
      ),
  },
  'bad-status-line': {
    kind: 'broken',
    isPlaced: false,
    describe: 'sends an invalid status line',
    rows: [28],
    direct: sees('http_malformed'),
    apply: () => [raw('HTTP/1.1 OK\r\ncontent-type: text/event-stream\r\n\r\n'), fin],
  },
} as const satisfies Readonly<Record<string, Fault>>

/** The complete body in one write, after a head that announces `length` bytes. */
function withLength(steps: readonly Step[], length: number, more = {}): readonly Step[] {
  const headers = { 'content-type': 'text/event-stream', 'content-length': String(length), ...more }
  const texts = () => steps.flatMap((step) => (step.do === 'event' ? [step.text()] : [])).join('')
  return [{ do: 'head', status: 200, headers }, raw(texts), fin]
}
