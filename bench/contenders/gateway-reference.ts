import { pino } from 'pino'
import { keepPausesShort } from '../../src/host/short-pauses.ts'
import { startReferenceGateway } from '../../src/reference/reference-gateway.ts'
import type { GatewayTask } from '../messages.ts'
import { readTask, serve } from './parent.ts'

keepPausesShort()
const log = pino({ level: 'warn' }, pino.destination({ dest: 2, sync: true }))
const { upstream } = readTask<GatewayTask>()
const gateway = await startReferenceGateway({ host: '127.0.0.1', port: 0, upstream: `${upstream}/v1`, log })
await serve({
  url: gateway.url,
  pid: process.pid,
  report: () => ({}),
  close: () => gateway[Symbol.asyncDispose](),
})
