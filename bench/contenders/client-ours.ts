import { generateLoad, noProgress } from '../../src/load/generator.ts'
import type { ClientTask } from '../messages.ts'
import { medianOf } from '../statistics.ts'
import { cpuUsSince, endWithParent, readTask, tellLast } from './parent.ts'
import { peakRssMib } from './peak-rss.ts'
import { maxTokens, model, seed } from './requests.ts'

endWithParent()
const { url, ...load } = readTask<ClientTask>()
const before = process.cpuUsage()
const { records, interChunk } = await generateLoad({
  target: { baseUrl: url, protocol: 'openai-chat-completions' },
  scenario: { ...load, timeoutS: 120, idleS: 120, content: 'plain', model, maxTokens, seed, warmUpStreams: 0 },
  userAgent: 'ccr-sse-stress-bench',
  isPlanCertain: false,
  signal: new AbortController().signal,
  progress: noProgress(),
})
const cpuUs = cpuUsSince(before)
const gapUs = interChunk.quantile(0.99)
const ttftNs = medianOf(records, ({ startedNs, firstDeltaNs }) => firstDeltaNs && firstDeltaNs - startedNs)
tellLast({
  cpuUs,
  peakRssMib: peakRssMib(),
  whole: records.filter(({ outcome }) => outcome.state === 'whole').length,
  events: records.reduce((sum, record) => sum + record.events, 0),
  bytes: records.reduce((sum, record) => sum + record.bytes, 0),
  ...(ttftNs !== undefined && { ttftP50Ms: ttftNs / 1e6 }),
  ...(gapUs !== undefined && { gapP99Ms: gapUs / 1000 }),
})
