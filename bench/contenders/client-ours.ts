import { keepPausesShort } from '../../src/host/short-pauses.ts'
import { generateLoad, noProgress } from '../../src/load/generator.ts'
import { Histogram } from '../../src/model/histogram.ts'
import type { ClientTask } from '../messages.ts'
import { medianOf } from '../statistics.ts'
import { createClockErrors } from './clock-errors.ts'
import { cpuUsSince, endWithParent, readTask, tellLast } from './parent.ts'
import { peakRssMib } from './peak-rss.ts'
import { maxTokens, model, seed } from './requests.ts'

keepPausesShort()
endWithParent()
const { url, isFollowed = false, ...load } = readTask<ClientTask>()
const errors = isFollowed ? createClockErrors(load.streams) : undefined
const before = process.cpuUsage()
const { records, interChunk, transit } = await generateLoad({
  target: { baseUrl: url, protocol: 'openai-chat-completions' },
  scenario: { ...load, timeoutS: 120, idleS: 120, content: 'plain', model, maxTokens, seed, warmUpStreams: 0 },
  isPlanCertain: false,
  signal: new AbortController().signal,
  progress: noProgress(),
  ...(errors && { onTransit: errors.onTransit }),
})
const cpuUs = cpuUsSince(before)
const gapUs = interChunk.quantile(0.99)
const ttftNs = medianOf(records, ({ startedNs, firstDeltaNs }) => firstDeltaNs && firstDeltaNs - startedNs)
const lateness = new Histogram()
for (const { startedNs, intendedNs } of records) lateness.record((startedNs - intendedNs) / 1000)
const counts = records.flatMap(({ findingCounts }) => Object.values(findingCounts ?? {}))
tellLast({
  cpuUs,
  peakRssMib: peakRssMib(),
  whole: records.filter(({ outcome }) => outcome.state === 'whole').length,
  events: records.reduce((sum, record) => sum + record.events, 0),
  bytes: records.reduce((sum, record) => sum + record.bytes, 0),
  // A transit is recorded for each delta that arrived complete and in order.
  verified: transit?.n ?? 0,
  findings: counts.reduce((sum, count) => sum + count, 0),
  interChunk,
  ...(transit && { transit }),
  ...(errors && { ttftError: errors.ttft, gapError: errors.gap }),
  latenessP99Ms: (lateness.quantile(0.99) ?? 0) / 1000,
  ...(ttftNs !== undefined && { ttftP50Ms: ttftNs / 1e6 }),
  ...(gapUs !== undefined && { gapP99Ms: gapUs / 1000 }),
})
