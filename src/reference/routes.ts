import type { IncomingMessage, ServerResponse } from 'node:http'
import { instanceHeader } from '../process/instance.ts'
import { anthropicMessages } from '../protocol/anthropic-messages.ts'
import { openaiChatCompletions } from '../protocol/openai-chat-completions.ts'
import type { Protocol } from '../protocol/protocol.ts'
import { dialects } from './dialect.ts'
import { type ExchangeContext, exchange } from './exchange.ts'
import type { Counts } from './ledger.ts'
import { sendRejection, sendText } from './reply.ts'
import { metricsText, usageReport } from './telemetry.ts'

type Page = (counts: Counts) => { readonly type: string; readonly text: string }

const pages: ReadonlyMap<string, Page> = new Map<string, Page>([
  ['/health', () => ({ type: 'text/plain', text: 'ok' })],
  ['/v1/usage', (counts) => ({ type: 'application/json', text: JSON.stringify(usageReport(counts)) })],
  ['/metrics', (counts) => ({ type: 'text/plain; version=0.0.4; charset=utf-8', text: metricsText(counts) })],
])

/** Serves one request. */
export function route(request: IncomingMessage, client: ServerResponse, context: ExchangeContext): void {
  const path = request.url?.split('?', 1)[0] ?? ''
  const dialect = dialects.get(path)
  const page = pages.get(path)
  const protocol = dialect?.protocol ?? protocolFor(path)
  if (dialect && request.method === 'POST') {
    exchange(dialect, request, client, context).catch((error: unknown) => {
      context.log.error({ err: error }, 'bug: request failed')
      if (client.headersSent) client.destroy()
      else sendText(client, 500, 'application/json', JSON.stringify(protocol.error(500, 'internal error')))
    })
    return
  }
  request.resume()
  if (page && (request.method === 'GET' || request.method === 'HEAD')) {
    const { type, text } = page(context.ledger.counts())
    sendText(client, 200, type, text, context.instance === undefined ? {} : { [instanceHeader]: context.instance })
  } else if (dialect || page) {
    const allow = dialect ? 'POST' : 'GET, HEAD'
    sendRejection(client, protocol, { status: 405, message: `method not allowed; allowed: ${allow}` }, { allow })
  } else sendRejection(client, protocol, { status: 404, message: `no such path; available: ${paths}` })
}

const paths = [...dialects.keys(), ...pages.keys()].join(', ')

function protocolFor(path: string): Protocol {
  return path.startsWith(anthropicMessages.path) ? anthropicMessages : openaiChatCompletions
}
