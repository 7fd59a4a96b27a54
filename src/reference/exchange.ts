import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import { headFailure, withBodyMessage } from './answer-head.ts'
import { readAsked } from './asked-body.ts'
import type { Dialect } from './dialect.ts'
import type { Failure } from './failure.ts'
import type { Ledger } from './ledger.ts'
import { sendFailure, sendRefusal } from './reply.ts'
import { relayStream, type StreamLimits } from './stream-relay.ts'
import type { Upstream } from './upstream.ts'
import type { StreamWriter } from './upstream-event.ts'
import { relayWhole } from './whole-relay.ts'

/** What every exchange shares. */
export interface ExchangeContext {
  readonly upstream: Upstream
  readonly ledger: Ledger
  readonly limits: StreamLimits
  readonly log: Logger
  /** What a test puts around the writer of each stream. */
  readonly tamper?: (write: StreamWriter) => StreamWriter
}

/** Serves one request of a dialect, from its body to the head of its answer, and hands the answer on. */
export async function exchange(
  dialect: Dialect,
  request: IncomingMessage,
  client: ServerResponse,
  { upstream, ledger, limits, log, tamper = (write) => write }: ExchangeContext,
): Promise<void> {
  const asked = await readAsked(dialect, request)
  // Of a client that is gone already no `close` would come to close the entry.
  if (asked === undefined || client.destroyed) return
  if ('status' in asked) return sendRefusal(client, dialect.protocol, asked)

  const gone = new AbortController()
  const entry = ledger.open(asked.isStream)
  client.once('close', () => {
    entry.close(!client.writableFinished)
    if (!client.writableFinished) gone.abort()
  })
  const onFailure = (failure: Failure) => {
    entry.failed(failure.reason)
    log.warn({ path: dialect.protocol.path, ...failure }, 'upstream failed')
  }
  const refuse = (failure: Failure) => {
    if (gone.signal.aborted) return
    onFailure(failure)
    sendFailure(client, dialect.protocol, failure)
  }

  const posted = await upstream.post(JSON.stringify(asked.chat), { signal: gone.signal, onAttempt: entry.attempted })
  if ('failure' in posted) return refuse(posted.failure)
  const { response, brokenBy } = posted
  if (gone.signal.aborted) return
  const failure = headFailure(response, asked.isStream)
  if (failure) return refuse(await withBodyMessage(failure, response, limits.idleMs))

  const fallback = { id: `chatcmpl-${randomUUID()}`, model: asked.model, createdS: Math.floor(Date.now() / 1_000) }
  const relay = { upstream: response, client, fallback, entry, limits, onFailure }
  if (asked.isStream)
    relayStream({
      ...relay,
      brokenBy,
      write: tamper(dialect.writer(asked, fallback)),
      keepsAnswer: dialect.keepsAnswer,
      choices: asked.choices,
    })
  else await relayWhole(dialect, relay, refuse)
}
