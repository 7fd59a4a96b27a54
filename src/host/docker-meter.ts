import { z } from 'zod'
import { fetchJson } from '../base/fetch-text.ts'
import { sleep } from '../base/sleep.ts'
import type { ContainerCost } from '../model/gateway.ts'
import { askDocker } from './docker.ts'
import { type AsyncMeter, type Reading, Readings } from './meter.ts'

/** Interval between readings, in ms; each costs the engine some 2 ms. */
const everyMs = 500
const answerTimeoutMs = 3000

/** Starts to measure a container through the Docker engine's API, if the engine listens on a Unix socket of this machine. */
export function startDockerMeter(containerId: string, env: NodeJS.ProcessEnv): AsyncMeter {
  const readings = new Readings()
  const stopping = new AbortController()
  const socketPath = findSocket(env)
  const limits = readLimits(containerId, env)
  const take = async () => {
    const socket = await socketPath
    const reading = socket === undefined ? undefined : await readStats(socket, containerId)
    if (reading) readings.add(reading)
  }
  const sampling = (async () => {
    while (!stopping.signal.aborted && (await socketPath) !== undefined) {
      await take()
      await sleep(everyMs, stopping.signal)
    }
  })()
  return {
    cpuS: readings.cpuS,
    memoryBytes: readings.memoryBytes,
    stop: async () => {
      stopping.abort()
      await sampling
      await take()
      const cost = readings.cost()
      return cost && { ...cost, container: { ...cost.container, ...(await limits) } }
    },
  }
}

/** The container's limits, which the engine's statistics do not contain; empty if the engine does not know the container. */
async function readLimits(containerId: string, env: NodeJS.ProcessEnv): Promise<ContainerCost> {
  const args = ['inspect', '--format', '{{.HostConfig.NanoCpus}} {{.HostConfig.Memory}}', containerId]
  const text = await askDocker(args, env).catch(() => '')
  const [nanoCpus = 0, memoryLimitBytes = 0] = text.split(' ').map(Number)
  return {
    cpuLimit: nanoCpus > 0 ? nanoCpus / 1e9 : undefined,
    memoryLimitBytes: memoryLimitBytes > 0 ? memoryLimitBytes : undefined,
  }
}

/** One reading from the engine that listens on a Unix socket; undefined if it does not answer with statistics. */
export async function readStats(socket: string, containerId: string): Promise<Reading | undefined> {
  const path = `/containers/${containerId}/stats?stream=false&one-shot=true`
  const options = { isUnixSocket: true, timeoutMs: answerTimeoutMs }
  // If the engine answers late or with something else, this reading is skipped.
  return parseStats(await fetchJson(`http://unix:${socket}:${path}`, options))
}

/** Path of the engine's Unix socket; undefined if the engine is not reached through one. */
async function findSocket(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const args = ['context', 'inspect', '--format', '{{.Endpoints.docker.Host}}']
  const host = env['DOCKER_HOST'] || (await askDocker(args, env))
  return /^unix:\/\/(\/.+)$/.exec(host)?.[1]
}

const count = z.number().nonnegative()

/** The answer of the engine's `GET /containers/ID/stats?stream=false`, as far as it is used (API 1.41 and later). */
const statsSchema = z.object({
  cpu_stats: z.object({
    cpu_usage: z.object({ total_usage: count.optional() }).optional(),
    throttling_data: z
      .object({ periods: count.optional(), throttled_periods: count.optional(), throttled_time: count.optional() })
      .optional(),
  }),
  memory_stats: z.object({
    usage: count.optional(),
    max_usage: count.optional(),
    stats: z
      .object({ inactive_file: count.optional(), total_inactive_file: count.optional(), cache: count.optional() })
      .optional(),
  }),
})

/**
 * Parses the engine's statistics of a container. Memory excludes the page cache that the kernel would reclaim first, as in
 * `docker stats`: `total_inactive_file` on cgroup v1, `inactive_file` on v2, `cache` on old engines. Undefined if there are no statistics.
 */
export function parseStats(stats: unknown): Reading | undefined {
  const { data } = statsSchema.safeParse(stats)
  if (!data) return undefined
  const { cpu_stats: cpu, memory_stats: memory } = data
  const cpuNs = cpu.cpu_usage?.total_usage
  const cpuS = cpuNs === undefined ? undefined : cpuNs / 1e9
  const cache = memory.stats?.total_inactive_file ?? memory.stats?.inactive_file ?? memory.stats?.cache ?? 0
  const memoryBytes = memory.usage === undefined ? undefined : Math.max(0, memory.usage - cache)
  const throttledNs = cpu.throttling_data?.throttled_time
  const container = {
    cpuS,
    memoryPeakBytes: memory.max_usage,
    periods: cpu.throttling_data?.periods,
    throttledPeriods: cpu.throttling_data?.throttled_periods,
    throttledS: throttledNs === undefined ? undefined : throttledNs / 1e9,
  }
  return { cpuS, memoryBytes, container }
}
