import { isUtf8 } from 'node:buffer'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { readBody } from '../base/read-body.ts'
import type { ChatIdentity } from '../protocol/openai-chat-completions.ts'
import { readCompletion } from './completion.ts'
import type { Dialect } from './dialect.ts'
import { badGateway, type Failure, malformed } from './failure.ts'
import type { Entry } from './ledger.ts'
import { sendText } from './reply.ts'

/** Bytes that an answer may have that is not streamed. */
const maxAnswerBytes = 64 * 1024 * 1024

/** One answer to relay in one piece. */
export interface WholeRelay {
  readonly upstream: IncomingMessage
  readonly client: ServerResponse
  readonly fallback: ChatIdentity
  readonly entry: Entry
  readonly limits: { readonly idleMs: number }
}

/** Reads an answer that is not streamed and sends it as the client's protocol has it, or refuses where it is not whole. */
export async function relayWhole(
  dialect: Dialect,
  relay: WholeRelay,
  refuse: (failure: Failure) => void,
): Promise<void> {
  const { upstream, client, fallback, entry, limits } = relay
  const body = await readBody(upstream, { sizeBytes: maxAnswerBytes, idleMs: limits.idleMs })
  if (typeof body === 'string') {
    upstream.destroy()
    return refuse(bodyFailures[body])
  }
  if (!isUtf8(body.bytes)) return refuse(malformed('bytes that are no UTF-8'))
  const completion = readCompletion(body.bytes.toString(), fallback)
  if ('reason' in completion) return refuse(completion)
  if (completion.usage) entry.used(completion.usage)
  if (!client.destroyed) sendText(client, 200, 'application/json', dialect.whole(completion))
}

const bodyFailures: Readonly<Record<'too-large' | 'idle' | 'cut', Failure>> = {
  'too-large': malformed(`more than ${maxAnswerBytes} bytes`),
  idle: { reason: 'upstream_timeout', status: 504, message: 'the upstream fell silent in the middle of its answer' },
  cut: badGateway('upstream_reset', 'the upstream broke off in the middle of its answer'),
}
