import { Buffer } from 'node:buffer'
import { type Fault, type Playing, sees } from './fault.ts'
import { before, body, end, fin, from, isDelta, raw, rst, type Step } from './step.ts'

const placed = { kind: 'broken', isPlaced: true } as const

/** Closes the connection inside the event of the current delta, after the bytes that `cut` returns. */
function finWithin({ steps, at }: Playing, cut: (event: string) => Buffer): readonly Step[] {
  const next = from(steps, at).find((step) => isDelta(step))
  return [...before(steps, at), ...(next && isDelta(next) ? [body(() => cut(next.text()))] : []), fin]
}

/** The event up to the middle of its JSON. */
function withinJson(event: string): Buffer {
  return Buffer.from(event.slice(0, event.indexOf('~') + 3))
}

/** The event up to the middle of a character of its text. */
function withinCharacter(event: string): Buffer {
  const at = event.indexOf('~')
  return Buffer.concat([Buffer.from(event.slice(0, at)), Buffer.from('語').subarray(0, 2)])
}

/** Faults that end a stream before it is complete. */
export const cutFaults = {
  'fin-after-headers': {
    kind: 'broken',
    isPlaced: false,
    describe: 'closes the connection after the headers',
    rows: [17],
    direct: sees('truncated_fin'),
    apply: ({ steps }) => [...steps.slice(0, 1), fin],
  },
  fin: {
    ...placed,
    describe: 'closes the connection between two events',
    rows: [18],
    direct: sees('truncated_fin'),
    apply: ({ steps, at }) => [...before(steps, at), fin],
  },
  'fin-in-chunk': {
    ...placed,
    describe: 'closes the connection inside an HTTP chunk',
    rows: [19],
    direct: sees('truncated_fin'),
    apply: ({ steps, at }) => [...before(steps, at), raw('400\r\n: 1024 bytes were announced\n'), fin],
  },
  'fin-in-json': {
    ...placed,
    describe: 'closes the connection inside the JSON of an event',
    rows: [19],
    direct: sees('truncated_fin'),
    apply: (playing) => finWithin(playing, withinJson),
  },
  'fin-in-character': {
    ...placed,
    describe: 'closes the connection inside a multi-byte character',
    rows: [19],
    direct: sees('truncated_fin'),
    apply: (playing) => finWithin(playing, withinCharacter),
  },
  reset: {
    ...placed,
    describe: 'resets the connection',
    rows: [20],
    direct: sees('reset_midstream'),
    apply: ({ steps, at }) => [...before(steps, at), rst],
  },
  truncate: {
    ...placed,
    describe: 'ends the response cleanly before the stream is complete',
    rows: [21],
    direct: sees('truncated_clean_eof'),
    apply: ({ steps, at }) => [...before(steps, at), end],
  },
} as const satisfies Readonly<Record<string, Fault>>
