import { protocols } from '../protocol/protocols.ts'
import { type Fault, sees } from './fault.ts'
import { body, end, type Step } from './step.ts'

const common = { kind: 'broken', isPlaced: false } as const
const html = '<!doctype html><title>502</title><h1>Bad gateway</h1>\n'

/** An answer with status 200 and one body. */
function answer(contentType: string, text: string): readonly Step[] {
  return [
    { do: 'head', status: 200, headers: { 'content-type': contentType } },
    ...(text === '' ? [] : [body(text)]),
    end,
  ]
}

/** An answer without a body. */
function bare(status: number): readonly Step[] {
  return [{ do: 'head', status, headers: status === 205 ? { 'content-length': '0' } : {} }, end]
}

/** Faults whose answer is not an event stream, or is empty. */
export const notSseFaults = {
  'json-200': {
    ...common,
    describe: 'answers with status 200 and a JSON error',
    rows: [11],
    direct: sees('bad_content_type', 'status_200_error'),
    apply: ({ protocol }) => answer('application/json', JSON.stringify(protocols[protocol].error(500, 'overloaded'))),
  },
  'sse-json': {
    ...common,
    describe: 'sends a JSON error as text/event-stream',
    rows: [12],
    direct: sees('protocol_not_sse'),
    apply: ({ protocol }) =>
      answer('text/event-stream', `${JSON.stringify(protocols[protocol].error(500, 'overloaded'))}\n`),
  },
  'sse-html': {
    ...common,
    describe: 'sends HTML as text/event-stream',
    rows: [12],
    direct: sees('protocol_not_sse'),
    apply: () => answer('text/event-stream', html),
  },
  'sse-text': {
    ...common,
    describe: 'sends plain text as text/event-stream',
    rows: [12],
    direct: sees('protocol_not_sse'),
    apply: () => answer('text/event-stream', 'upstream connect error or disconnect\n'),
  },
  'empty-204': {
    ...common,
    describe: 'answers with status 204 and no body',
    rows: [13],
    direct: sees('empty_stream'),
    apply: () => bare(204),
  },
  'empty-205': {
    ...common,
    describe: 'answers with status 205 and no body',
    rows: [13],
    direct: sees('empty_stream'),
    apply: () => bare(205),
  },
  'empty-200': {
    ...common,
    describe: 'sends an event stream without an event',
    rows: [13],
    direct: sees('empty_stream'),
    apply: () => answer('text/event-stream', ''),
  },
} as const satisfies Readonly<Record<string, Fault>>
