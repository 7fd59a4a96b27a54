import express, { type ErrorRequestHandler, type Express } from 'express'
import { nowNs } from '../base/clock.ts'
import { readBootId } from '../host/proc.ts'
import type { MockClockAnswer } from '../model/mock-stats.ts'
import { instanceHeader } from '../process/instance.ts'
import { rejectForeign } from './allowed-hosts.ts'
import { complete, type MockContext } from './complete.ts'
import { endpoints, sendError } from './endpoints.ts'
import type { Account } from './replica.ts'

/** The provider's routes, and the mock's own state below `/__mock`, a path that no gateway forwards. */
export function createRoutes(context: MockContext): Express {
  const { ledger, log, replica, instance, allowedHosts } = context
  const account: Account = replica?.account ?? ledger
  const app = express()
  app.disable('x-powered-by').disable('etag').enable('case sensitive routing').enable('strict routing')
  app.use(rejectForeign(allowedHosts))
  app.get('/health', (_request, response) => {
    if (instance !== undefined) response.set(instanceHeader, instance)
    response.type('text').send('ok')
  })
  app
    .route('/__mock/stats')
    .get(async (_request, response) => void response.json(await account.stats()))
    .delete(async (_request, response) => {
      await account.reset()
      response.status(204).end()
    })
  app.get('/__mock/clock', (_request, response) => {
    const answer: MockClockAnswer = { bootId: readBootId() ?? '', nowNs: nowNs() }
    response.json(answer)
  })
  app.get('/__mock/streams', async (_request, response) => void response.json(await account.streams()))
  for (const [path, protocol] of endpoints) {
    app.post(path, (request, response) => complete(protocol, context, request, response))
  }
  const methods = [
    ...[...endpoints.keys()].map((path) => [path, 'POST'] as const),
    ['/health', 'GET, HEAD'] as const,
    ['/__mock/stats', 'GET, HEAD, DELETE'] as const,
    ['/__mock/streams', 'GET, HEAD'] as const,
    ['/__mock/clock', 'GET, HEAD'] as const,
  ]
  for (const [path, allowed] of methods) {
    app.all(path, (request, response) => {
      response.set('allow', allowed)
      sendError(response, 405, `method ${request.method} is not allowed; allowed: ${allowed}`)
    })
  }
  app.use((request, response) => sendError(response, 404, `not found: ${request.path}`))
  const failed: ErrorRequestHandler = (
    error: { readonly status?: number; readonly message: string },
    request,
    response,
    _next,
  ) => {
    const { status = 500 } = error
    log[status >= 500 ? 'error' : 'debug']({ err: error, path: request.path }, 'request failed')
    if (response.headersSent) response.destroy()
    else sendError(response, status, error.message)
  }
  app.use(failed)
  return app
}
