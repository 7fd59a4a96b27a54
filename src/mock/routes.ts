import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express'
import { planTexts } from '../plan.ts'
import type { ProtocolName } from '../protocol/protocol.ts'
import { protocols } from '../protocol/protocols.ts'
import { answer } from './answer.ts'
import { parseAsk } from './ask.ts'
import type { Ledger } from './ledger.ts'
import { play } from './play.ts'
import { type ScriptHead, scripts } from './script.ts'
import type { Wheel } from './wheel.ts'

/** Bytes that a request's body may have. */
export const maxBodyBytes = 10 * 1024 * 1024

/** Where each protocol is served. */
const paths: Readonly<Record<string, ProtocolName>> = {
  '/chat/completions': 'openai-chat-completions',
  '/v1/chat/completions': 'openai-chat-completions',
  '/v1/messages': 'anthropic-messages',
  '/v1/responses': 'openai-responses',
}

/** The mock's command line: what is played to a prompt that carries no plan of its own. */
export interface DefaultPlan {
  readonly chunks: number
  readonly delayMs: number
}

/** The provider's routes. */
export function createRoutes(plan: DefaultPlan, wheel: Wheel, ledger: Ledger): Express {
  const app = express().disable('x-powered-by').disable('etag')
  app.get('/health', (_request, response) => void response.type('text').send('ok'))
  app
    .route('/__mock/stats')
    .get((_request, response) => void response.json(ledger.stats()))
    .delete((_request, response) => {
      ledger.reset()
      response.status(204).end()
    })
  // Whatever the content type says: clients that leave it out are answered as well.
  const body = express.json({ limit: maxBodyBytes, type: () => true, strict: false, inflate: false })
  for (const [path, protocol] of Object.entries(paths)) app.post(path, body, complete(protocol, plan, wheel, ledger))
  for (const [path, methods] of [
    ...Object.keys(paths).map((path) => [path, 'POST']),
    ['/health', 'GET'],
    ['/__mock/stats', 'GET, DELETE'],
  ] as const) {
    app.all(path as string, (request, response) => {
      const message = `${request.method} is not allowed here`
      response.status(405).set('allow', methods).json(protocolAt(request.path).error(405, message))
    })
  }
  app.use((request, response) => {
    response.status(404).json(protocolAt(request.path).error(404, `nothing is at ${request.path}`))
  })
  app.use(wrongBody)
  return app
}

function complete(protocol: ProtocolName, plan: DefaultPlan, wheel: Wheel, ledger: Ledger): RequestHandler {
  return async (request, response) => {
    ledger.requests++
    const ask = parseAsk(protocol, request.body)
    if (typeof ask === 'string') {
      response.status(400).json(protocols[protocol].error(400, ask))
      return
    }
    const key = ask.key ?? { seed: 0, stream: 0 }
    const { chunks = plan.chunks, delayMs = plan.delayMs } = key
    const head: ScriptHead = {
      id: `mock-${key.seed}-${key.stream}`,
      model: ask.model,
      createdS: 0,
      promptTokens: ask.promptTokens,
      chunks,
      includeUsage: ask.includeUsage,
    }
    const texts = planTexts(key, chunks)
    response.setHeader('X-Mock-Chunks', chunks).setHeader('X-Mock-Delay-Ms', delayMs)
    if (!ask.stream) {
      response.json(answer(protocol, head, [...texts].join('')))
      return
    }
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
      'transfer-encoding': 'chunked',
    })
    await play(response, { script: scripts[protocol](head), texts, chunks, delayMs }, wheel, ledger)
  }
}

const wrongBody: ErrorRequestHandler = (error: { status?: number; message: string }, request, response, next) => {
  if (response.headersSent) {
    next(error)
    return
  }
  const status = error.status ?? 500
  response.status(status).json(protocolAt(request.path).error(status, error.message))
}

function protocolAt(path: string) {
  return protocols[paths[path] ?? 'openai-chat-completions']
}
