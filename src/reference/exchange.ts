import { isUtf8 } from 'node:buffer'
import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import { isTooDeep, parseObject } from '../base/json.ts'
import { readBody } from '../base/read-body.ts'
import type { ChatIdentity } from '../protocol/openai-chat-completions.ts'
import { readError } from './chat-fields.ts'
import type { ClientRequest } from './client-request.ts'
import { readCompletion } from './completion.ts'
import type { Dialect } from './dialect.ts'
import { badGateway, type Failure, malformed, maxDepth, type Rejection } from './failure.ts'
import type { Entry, Ledger } from './ledger.ts'
import { sendFailure, sendRejection, sendText } from './reply.ts'
import { relayStream, type StreamLimits } from './stream-relay.ts'
import type { Upstream } from './upstream.ts'
import type { StreamWriter } from './upstream-event.ts'

/** Shared by all exchanges. */
export interface ExchangeContext {
  readonly upstream: Upstream
  readonly ledger: Ledger
  readonly limits: StreamLimits
  readonly log: Logger
  /** The name that `/health` repeats. */
  readonly instance?: string
  /** Wraps the writer of each stream; only tests set it. */
  readonly tamper?: (write: StreamWriter) => StreamWriter
}

/** Serves one request, from its body to the head of the answer, then relays the answer. */
export async function exchange(
  dialect: Dialect,
  request: IncomingMessage,
  client: ServerResponse,
  { upstream, ledger, limits, log, tamper = (write) => write }: ExchangeContext,
): Promise<void> {
  const parsed = await readRequest(dialect, request)
  // If the client has already disconnected, no `close` event would close the entry.
  if (parsed === undefined || client.destroyed) return
  if ('status' in parsed) return sendRejection(client, dialect.protocol, parsed)

  const gone = new AbortController()
  const entry = ledger.open(parsed.isStream)
  client.once('close', () => {
    entry.close(!client.writableFinished)
    if (!client.writableFinished) gone.abort()
  })
  const onFailure = (failure: Failure) => {
    entry.failed(failure.reason)
    log.warn({ path: dialect.protocol.path, ...failure }, 'upstream failed')
  }
  const fail = (failure: Failure) => {
    if (gone.signal.aborted) return
    onFailure(failure)
    sendFailure(client, dialect.protocol, failure)
  }

  const posted = await upstream.post(JSON.stringify(parsed.chat), { signal: gone.signal, onAttempt: entry.attempted })
  if ('failure' in posted) return fail(posted.failure)
  const { response, brokenBy } = posted
  if (gone.signal.aborted) return
  const failure = headFailure(response, parsed.isStream)
  if (failure) return fail(await withErrorMessage(failure, response, limits.idleMs))

  const fallback = { id: `chatcmpl-${randomUUID()}`, model: parsed.model, createdS: Math.floor(Date.now() / 1_000) }
  const relay = { upstream: response, client, fallback, entry, limits, onFailure }
  if (parsed.isStream)
    relayStream({
      ...relay,
      onBug: (error) => log.error({ err: error, path: dialect.protocol.path }, 'bug: stream failed'),
      brokenBy,
      write: tamper(dialect.writer(parsed, fallback)),
      keepsAnswer: dialect.keepsAnswer,
      choices: parsed.choices,
    })
  else await relayCompletion(dialect, relay, fail)
}

/** Maximum size of a request's body, in bytes. */
const maxRequestBytes = 10 * 1024 * 1024

/** Reads a client's request. Returns a rejection if it is invalid, undefined if the client disconnected before its end. */
async function readRequest(dialect: Dialect, request: IncomingMessage): Promise<ClientRequest | Rejection | undefined> {
  const body = await readBody(request, { sizeBytes: maxRequestBytes })
  if (body === 'too-large') return { status: 413, message: `the body has more than ${maxRequestBytes} bytes` }
  if (typeof body === 'string') return undefined
  if (isTooDeep(body.bytes, maxDepth)) return { status: 400, message: `the body nests deeper than ${maxDepth} levels` }
  const parsed = parseObject(body.bytes.toString())
  if (!parsed) return { status: 400, message: 'the body is not a JSON object' }
  const clientRequest = dialect.read(parsed)
  return 'problem' in clientRequest ? { status: 400, message: clientRequest.problem } : clientRequest
}

const maxErrorBytes = 64 * 1024

/** The failure that an answer's status and headers show; undefined if it can be relayed. Redirects are never followed. */
function headFailure(response: IncomingMessage, isStream: boolean): Failure | undefined {
  const { statusCode: status = 0, headers } = response
  if (status >= 400 && status <= 599) {
    const retryAfter = headers['retry-after']
    const failure = { reason: 'upstream_status', status, message: `the upstream answered ${status}` } as const
    return retryAfter === undefined ? failure : { ...failure, retryAfter }
  }
  if (status !== 200) return badGateway('upstream_status', `the upstream answered ${status}`)
  const type = (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase()
  if (isStream && type !== 'text/event-stream')
    return badGateway(
      'upstream_content',
      `the upstream answered with ${type || 'no content type'} instead of an event stream`,
    )
  const encoding = headers['content-encoding'] ?? 'identity'
  return encoding === 'identity'
    ? undefined
    : badGateway('upstream_content', `the upstream sent content encoded as ${encoding}`)
}

/** Adds the error message from the answer's body to a failure, if there is one. */
async function withErrorMessage(failure: Failure, response: IncomingMessage, idleMs: number): Promise<Failure> {
  const body = await readBody(response, { sizeBytes: maxErrorBytes, idleMs })
  if (typeof body === 'string') {
    response.destroy()
    return failure
  }
  const error = parseObject(body.bytes.toString())
  const message = error && readError(error)?.message
  return message ? { ...failure, message } : failure
}

/** Maximum size of a non-streaming answer, in bytes. */
const maxAnswerBytes = 64 * 1024 * 1024

/** A non-streaming answer to relay. */
interface CompletionRelay {
  readonly upstream: IncomingMessage
  readonly client: ServerResponse
  readonly fallback: ChatIdentity
  readonly entry: Entry
  readonly limits: { readonly idleMs: number }
}

/** Reads a non-streaming answer and sends it in the client's protocol, or fails if it is incomplete. */
async function relayCompletion(
  dialect: Dialect,
  relay: CompletionRelay,
  fail: (failure: Failure) => void,
): Promise<void> {
  const { upstream, client, fallback, entry, limits } = relay
  const body = await readBody(upstream, { sizeBytes: maxAnswerBytes, idleMs: limits.idleMs })
  if (typeof body === 'string') {
    upstream.destroy()
    return fail(bodyFailures[body])
  }
  if (!isUtf8(body.bytes)) return fail(malformed('bytes that are not UTF-8'))
  if (isTooDeep(body.bytes, maxDepth)) return fail(malformed(`a body that nests deeper than ${maxDepth} levels`))
  const completion = readCompletion(body.bytes.toString(), fallback)
  if ('reason' in completion) return fail(completion)
  if (completion.usage) entry.used(completion.usage)
  if (!client.destroyed) sendText(client, 200, 'application/json', dialect.body(completion))
}

const bodyFailures: Readonly<Record<'too-large' | 'idle' | 'cut', Failure>> = {
  'too-large': malformed(`more than ${maxAnswerBytes} bytes`),
  idle: {
    reason: 'upstream_timeout',
    status: 504,
    message: 'the upstream stopped sending in the middle of its answer',
  },
  cut: badGateway('upstream_reset', 'the upstream closed the connection in the middle of its answer'),
}
