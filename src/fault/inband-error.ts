import type { ProtocolName } from '../model/protocol-name.ts'
import { frame } from '../protocol/protocol.ts'
import { protocols } from '../protocol/protocols.ts'
import { type Fault, sees } from './fault.ts'
import { before, body, end, from } from './step.ts'

/** The error event of a provider. */
function errorEvent(protocol: ProtocolName): string {
  const error = protocols[protocol].error(500, 'injected fault: the provider failed')
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

/** Faults that the stream reports itself, as an error event. */
export const inbandErrorFaults = {
  'error-first': {
    kind: 'broken',
    isPlaced: false,
    describe: 'sends an error as the first event',
    rows: [14],
    direct: sees('inband_error'),
    apply: ({ steps, protocol }) => [...steps.slice(0, 1), body(errorEvent(protocol)), end],
  },
  error: {
    ...placed,
    describe: 'sends an error event and ends the stream',
    rows: [15],
    direct: sees('inband_error'),
    apply: ({ steps, at, protocol }) => [...before(steps, at), body(errorEvent(protocol)), end],
  },
  'error-unnamed': {
    ...placed,
    describe: 'sends an error event without its name',
    rows: [16],
    protocols: ['anthropic-messages', 'openai-responses'],
    direct: sees('inband_error_malformed'),
    apply: ({ steps, at, protocol }) => [...before(steps, at), body(unnamed(protocol)), end],
  },
  'error-object': {
    ...placed,
    describe: 'sends an error in the shape of vLLM, {"object":"error"}',
    rows: [16],
    protocols: ['openai-chat-completions'],
    direct: sees('inband_error_malformed'),
    apply: ({ steps, at }) => [...before(steps, at), body(odd), end],
  },
  'error-detail': {
    ...placed,
    describe: 'sends an error in the shape of FastAPI, {"detail":...}',
    rows: [16],
    protocols: ['openai-chat-completions'],
    direct: sees('inband_error_malformed'),
    apply: ({ steps, at }) => [...before(steps, at), body(detail), end],
  },
  'error-then-success': {
    ...placed,
    describe: 'sends an error event, then continues normally',
    rows: [16],
    direct: sees('error_then_success'),
    apply: ({ steps, at, protocol }) => [...before(steps, at), body(errorEvent(protocol)), ...from(steps, at)],
  },
} as const satisfies Readonly<Record<string, Fault>>
