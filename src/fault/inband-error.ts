import type { ProtocolName } from '../model/target.ts'
import { frame } from '../protocol/protocol.ts'
import { protocols } from '../protocol/protocols.ts'
import { type Fault, sees } from './fault.ts'
import { before, body, end, from } from './step.ts'

/** The error of a provider as an event of its stream. */
function errorEvent(protocol: ProtocolName): string {
  const error = protocols[protocol].error(500, 'the mock was told to fail here')
  if (protocol === 'openai-responses')
    return frame('error', JSON.stringify({ ...(error as { error: object }).error, type: 'error' }))
  return frame(protocol === 'anthropic-messages' ? 'error' : undefined, JSON.stringify(error))
}

function unnamed(protocol: ProtocolName): string {
  return errorEvent(protocol).replace(/^event: .*\n/, '')
}

const placed = { kind: 'broken', isPlaced: true } as const
const odd = frame(undefined, '{"object":"error","message":"the engine died","code":500}')
const detail = frame(undefined, '{"detail":"Internal Server Error"}')

/** Faults told as an error within the stream. */
export const inbandErrorFaults = {
  'error-first': {
    kind: 'broken',
    isPlaced: false,
    describe: 'tells an error as the first event',
    rows: [14],
    direct: sees('inband_error'),
    apply: ({ steps, protocol }) => [...steps.slice(0, 1), body(errorEvent(protocol)), end],
  },
  error: {
    ...placed,
    describe: 'tells an error and ends',
    rows: [15],
    direct: sees('inband_error'),
    apply: ({ steps, at, protocol }) => [...before(steps, at), body(errorEvent(protocol)), end],
  },
  'error-unnamed': {
    ...placed,
    describe: 'tells an error without the name of its event',
    rows: [16],
    protocols: ['anthropic-messages', 'openai-responses'],
    direct: sees('inband_error_malformed'),
    apply: ({ steps, at, protocol }) => [...before(steps, at), body(unnamed(protocol)), end],
  },
  'error-object': {
    ...placed,
    describe: 'tells an error as vLLM does, {"object":"error"}',
    rows: [16],
    protocols: ['openai-chat-completions'],
    direct: sees('inband_error_malformed'),
    apply: ({ steps, at }) => [...before(steps, at), body(odd), end],
  },
  'error-detail': {
    ...placed,
    describe: 'tells an error as FastAPI does, {"detail":...}',
    rows: [16],
    protocols: ['openai-chat-completions'],
    direct: sees('inband_error_malformed'),
    apply: ({ steps, at }) => [...before(steps, at), body(detail), end],
  },
  'error-then-success': {
    ...placed,
    describe: 'tells an error and goes on as if there were none',
    rows: [16],
    direct: sees('error_then_success'),
    apply: ({ steps, at, protocol }) => [...before(steps, at), body(errorEvent(protocol)), ...from(steps, at)],
  },
} as const satisfies Readonly<Record<string, Fault>>
