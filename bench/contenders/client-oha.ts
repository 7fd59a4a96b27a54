import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { readProcessTree } from '../../src/host/process-tree.ts'
import type { ClientTask } from '../messages.ts'
import { endWithParent, readTask, tellLast } from './parent.ts'
import { requestBody, requestUrl } from './requests.ts'

endWithParent()
/** Interval at which its memory is read, in ms. */
const lookMs = 50

const task = readTask<ClientTask>()
const { streams, rampMs } = task
// oha sends one body for all streams; all answers have the same size.
const request = ['-m', 'POST', '-T', 'application/json', '-d', JSON.stringify(requestBody(task, 0))]
// oha can spread the starts only by a rate.
const pace = rampMs > 0 ? ['-q', `${Math.ceil((streams * 1000) / rampMs)}`] : []
const counts = ['-n', `${streams}`, '-c', `${streams}`, '--disable-keepalive']
const quiet = ['--no-tui', '--output-format', 'json']
const args = [...counts, ...pace, ...quiet, ...request, requestUrl(task).href]
const oha = spawn(process.env['BENCH_TOOL'] ?? 'oha', args, { stdio: ['ignore', 'pipe', 'inherit'] })
process.once('exit', () => oha.kill())
let peakBytes = 0
const looking = setInterval(() => {
  const seen = oha.pid === undefined ? undefined : readProcessTree(oha.pid)
  peakBytes = Math.max(peakBytes, seen?.memoryPeakBytes ?? seen?.memoryBytes ?? 0)
}, lookMs)
const before = readProcessTree(process.pid)?.cpuS ?? 0
const ownBefore = process.cpuUsage()
const [output] = await Promise.all([text(oha.stdout), once(oha, 'exit')])
clearInterval(looking)
// The CPU time of a reaped child counts for its parent, so the parent's own time is subtracted. Resolution 10 ms.
const own = process.cpuUsage(ownBefore)
const cpuS = (readProcessTree(process.pid)?.cpuS ?? 0) - before - (own.user + own.system) / 1e6
const { statusCodeDistribution, summary } = JSON.parse(output) as {
  readonly statusCodeDistribution: Readonly<Record<string, number>>
  readonly summary: { readonly totalData: number }
}
tellLast({
  cpuUs: cpuS * 1e6,
  peakRssMib: peakBytes / 2 ** 20,
  whole: statusCodeDistribution['200'] ?? 0,
  bytes: summary.totalData,
})
