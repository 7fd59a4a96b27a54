import type { FailureKind } from '../model/failure.ts'
import { protocols } from '../protocol/protocols.ts'
import { type Fault, type Playing, sees } from './fault.ts'
import { body, end, type Step } from './step.ts'

/** Attempts that a gateway may make if its upstream is overloaded or fails. */
const mostAttempts = 4

/** An answer with a status and an error in the provider's shape. */
function errorAnswer({ protocol }: Playing, status: number, headers: Record<string, string> = {}): readonly Step[] {
  const text = JSON.stringify(protocols[protocol].error(status, `injected fault: status ${status}`))
  return [{ do: 'head', status, headers: { 'content-type': 'application/json', ...headers } }, body(text), end]
}

const answers = (status: number, direct: FailureKind, row: number, most: number): Fault => ({
  describe: `answers with status ${status} and an error body`,
  rows: [row],
  kind: 'refused',
  isPlaced: false,
  mostAttempts: most,
  status: status < 500 ? status : undefined,
  direct: sees(direct),
  apply: (playing) => errorAnswer(playing, status),
})

/** Faults that the status of the answer shows. */
export const statusFaults = {
  'http-400': answers(400, 'http_4xx', 7, 1),
  'http-401': answers(401, 'http_4xx', 7, 1),
  'http-404': answers(404, 'http_4xx', 7, 1),
  'http-413': answers(413, 'http_4xx', 7, 1),
  'http-429': {
    ...answers(429, 'http_429', 8, mostAttempts),
    describe: 'answers with status 429 and Retry-After: 2',
    apply: (playing) => errorAnswer(playing, 429, { 'retry-after': '2' }),
  },
  'http-429-bare': {
    ...answers(429, 'http_429', 8, mostAttempts),
    describe: 'answers with status 429 and no Retry-After',
  },
  'http-500': answers(500, 'http_5xx', 9, mostAttempts),
  'http-502': answers(502, 'http_5xx', 9, mostAttempts),
  'http-503': answers(503, 'http_5xx', 9, mostAttempts),
  'http-529': answers(529, 'http_5xx', 9, mostAttempts),
  'http-500-once': {
    ...answers(500, 'http_5xx', 9, mostAttempts),
    describe: 'answers the first attempt with status 500, later ones as planned',
    isOnce: true,
  },
  redirect: {
    describe: 'redirects to another address with status 302',
    rows: [10],
    kind: 'broken',
    isPlaced: false,
    direct: sees('http_redirect'),
    apply: () => [
      { do: 'head', status: 302, headers: { location: 'http://127.0.0.1:9/elsewhere', 'content-length': '0' } },
      end,
    ],
  },
} as const satisfies Readonly<Record<string, Fault>>
