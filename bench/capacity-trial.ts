import { z } from 'zod'
import type { BenchContext } from './context.ts'
import { runProduct } from './product-run.ts'

/** The result of one load through one gateway: whether it held all streams, and what failed if not. */
export interface Trial {
  readonly isHeld: boolean
  /** One line: failure kinds with their counts, then the verdict's reasons. Empty if all streams held. */
  readonly gaveOut: string
}

/** Ramp-up of the starts, in ms; at most a quarter of the hold time, so that all streams are open at the same time. */
const usualRampMs = 5000
/** Time that a stream may take in addition to its planned duration, in s. */
const patienceS = 30

const reportSchema = z.object({
  verdict: z.object({ verdict: z.enum(['pass', 'warn', 'fail', 'invalid']), reasons: z.array(z.string()) }),
  report: z.object({ successful: z.number(), peak_concurrent: z.number(), errors: z.record(z.string(), z.number()) }),
})

/** Holds this many streams open through a gateway for `holdS` seconds, one delta per second, with `run`. */
export async function tryCapacity(context: BenchContext, gateway: string, streams: number): Promise<Trial> {
  const { holdS } = context
  const rampMs = Math.min(usualRampMs, holdS * 250)
  const load = ['--streams', `${streams}`, '--chunks', `${holdS}`, '--delay-ms', '1000', '--ramp-ms', `${rampMs}`]
  const limits = ['--timeout', `${holdS + patienceS}`, '--idle-timeout', `${patienceS}`]
  return trialOf(streams, await runProduct(context, gateway, [...load, ...limits], rampMs + (holdS + patienceS) * 1000))
}

/** Reads from a run's report whether all of its streams were open at the same time and complete. */
export function trialOf(streams: number, report: unknown): Trial {
  const { verdict, report: counts } = reportSchema.parse(report)
  const isSound = verdict.verdict === 'pass' || verdict.verdict === 'warn'
  const isHeld = isSound && counts.successful === streams && counts.peak_concurrent === streams
  if (isHeld) return { isHeld, gaveOut: '' }
  const kinds = Object.entries(counts.errors).map(([kind, count]) => `${count} ${kind}`)
  const few = counts.peak_concurrent === streams ? [] : [`${counts.peak_concurrent} of ${streams} open at once`]
  return { isHeld, gaveOut: [...kinds, ...few, ...verdict.reasons].join('; ') }
}
