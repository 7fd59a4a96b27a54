import { type Fault, sees } from './fault.ts'
import { fin, hold, rst } from './step.ts'

const common = { kind: 'broken', isPlaced: false } as const

/** Faults before the first byte of the answer. */
export const connectionFaults = {
  'no-answer': {
    ...common,
    describe: 'accepts the request and never answers',
    rows: [4],
    direct: sees('headers_timeout'),
    apply: () => [hold],
  },
  'fin-before-headers': {
    ...common,
    describe: 'closes the connection before the headers',
    rows: [5],
    direct: sees('closed_before_headers'),
    apply: () => [fin],
  },
  'reset-before-headers': {
    ...common,
    describe: 'resets the connection before the headers',
    rows: [6],
    direct: sees('reset_before_headers'),
    apply: () => [rst],
  },
} as const satisfies Readonly<Record<string, Fault>>
