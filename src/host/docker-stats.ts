import { z } from 'zod'
import { known } from '../base/known.ts'
import type { Reading } from './meter.ts'

const count = z.number().nonnegative()

/** What the engine's `GET /containers/ID/stats?stream=false` answers with, as far as it is used (API 1.41 and later). */
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
 * One look at a container by its engine. Memory is without the page cache that the kernel would give back first, as the
 * docker client shows it: `total_inactive_file` on cgroup v1, `inactive_file` on v2, `cache` of old engines.
 */
export function readingOfStats(stats: unknown): Reading {
  const { cpu_stats: cpu, memory_stats: memory } = statsSchema.parse(stats)
  const cpuNs = cpu.cpu_usage?.total_usage
  const cpuS = cpuNs === undefined ? undefined : cpuNs / 1e9
  const cache = memory.stats?.total_inactive_file ?? memory.stats?.inactive_file ?? memory.stats?.cache ?? 0
  const memoryBytes = memory.usage === undefined ? undefined : Math.max(0, memory.usage - cache)
  const throttledNs = cpu.throttling_data?.throttled_time
  const container = known({
    cpuS,
    memoryPeakBytes: memory.max_usage,
    periods: cpu.throttling_data?.periods,
    throttledPeriods: cpu.throttling_data?.throttled_periods,
    throttledS: throttledNs === undefined ? undefined : throttledNs / 1e9,
  })
  return known({ cpuS, memoryBytes, container })
}
