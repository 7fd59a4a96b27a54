import { type Fault, sees } from './fault.ts'
import { before, from, hold, isDelta, mapEvents } from './step.ts'

/** Time between two keep-alive comments of a stalled stream, in ms. */
const commentEveryMs = 500
/** Time between two bytes of a drip, in ms. */
const dripMs = 50
/** Time before the first delta of a healthy stream with a slow start, in ms. */
const slowFirstMs = 20_000

const slow = { kind: 'harmless', isPlaced: false } as const

/** Faults in the timing of a stream. */
export const paceFaults = {
  'stall-first': {
    kind: 'broken',
    isPlaced: false,
    describe: 'sends the headers, then nothing',
    rows: [29],
    direct: sees('first_token_timeout'),
    apply: ({ steps }) => [...steps.slice(0, 1), hold],
  },
  stall: {
    kind: 'broken',
    isPlaced: true,
    describe: 'stops sending and keeps the connection open',
    rows: [30],
    direct: (_, at) => ({ outcome: at === 0 ? 'first_token_timeout' : 'token_idle_timeout' }),
    apply: ({ steps, at }) => [...before(steps, at), hold],
  },
  'stall-comments': {
    kind: 'broken',
    isPlaced: true,
    describe: 'stops sending except for keep-alive comments',
    rows: [31],
    direct: (_, at) => ({ outcome: at === 0 ? 'first_token_timeout' : 'token_idle_timeout' }),
    apply: ({ steps, at }) => [...before(steps, at), { do: 'hold', commentEveryMs }],
  },
  drip: {
    kind: 'harmless',
    isPlaced: true,
    describe: 'sends one event byte by byte, 50 ms apart',
    silentS: 20,
    rows: [32],
    direct: sees('whole'),
    apply: ({ steps, at }) => mapEvents(steps, (step) => (isDelta(step, at) ? { ...step, byteGapMs: dripMs } : step)),
  },
  'slow-first': {
    ...slow,
    describe: 'waits 20 s before the first delta',
    silentS: slowFirstMs / 1000,
    rows: [32],
    direct: sees('whole'),
    apply: ({ steps }) => [...before(steps, 0), { do: 'wait', ms: slowFirstMs }, ...from(steps, 0)],
  },
} as const satisfies Readonly<Record<string, Fault>>
