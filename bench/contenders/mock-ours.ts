import { pino } from 'pino'
import { keepPausesShort } from '../../src/host/short-pauses.ts'
import { startMock } from '../../src/mock/mock.ts'
import { Histogram } from '../../src/model/histogram.ts'
import type { MockTask } from '../messages.ts'
import { readTask, serve } from './parent.ts'

keepPausesShort()
const log = pino({ level: 'warn' }, pino.destination({ dest: 2, sync: true }))
const mock = await startMock({ host: '127.0.0.1', port: 0, log, ...readTask<MockTask>() })
await serve({
  url: mock.url,
  pid: process.pid,
  report: () => {
    const { deltasSent, eventsSent, bytesSent, pacingError } = mock.stats()
    const p99Us = Histogram.from(pacingError).quantile(0.99)
    return {
      deltas: deltasSent,
      events: eventsSent,
      bytes: bytesSent,
      ...(p99Us !== undefined && { pacingP99Ms: p99Us / 1000 }),
    }
  },
  close: () => mock[Symbol.asyncDispose](),
})
