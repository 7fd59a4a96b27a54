import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { EnvironmentError } from '../src/errors.ts'
import { describeDeath } from '../src/topology/child.ts'
import { runToEnd } from '../src/topology/run-to-end.ts'
import { freePort } from '../test/fixtures/free-port.ts'
import { silentLog } from '../test/fixtures/silent-log.ts'
import type { BenchContext } from './context.ts'

/** One load through one gateway: whether each stream was whole, and what gave out where not. */
export interface Trial {
  readonly isHeld: boolean
  /** One line: failure kinds with how often, then the verdict's reasons. Empty where all held. */
  readonly gaveOut: string
}

const cli = fileURLToPath(new URL('../src/cli.ts', import.meta.url))
/** Over which the starts are spread, in ms; of a shorter hold at most a quarter, so that all are open at once. */
const usualRampMs = 5000
/** What a stream gets beyond its own time, in s. */
const patienceS = 30
/** What a run takes beside its load: start, warm-up, drain, report, in s. */
const aroundS = 90
/** Statuses of a run that was judged: passed, failed, mostly failed, invalid. */
const judged = /^exit status [0-3]$/

const reportSchema = z.object({
  verdict: z.object({ verdict: z.enum(['pass', 'warn', 'fail', 'invalid']), reasons: z.array(z.string()) }),
  report: z.object({ successful: z.number(), peak_concurrent: z.number(), errors: z.record(z.string(), z.number()) }),
})

/** Holds so many streams open through a gateway for `holdS` seconds, a delta a second, by the program's own `run`. */
export async function tryCapacity(
  { env, holdS, signal }: BenchContext,
  gateway: string,
  streams: number,
): Promise<Trial> {
  const folder = await mkdtemp(join(tmpdir(), 'ccr-sse-stress-bench-'))
  try {
    const report = join(folder, 'report.json')
    const rampMs = Math.min(usualRampMs, holdS * 250)
    const load = ['--streams', `${streams}`, '--chunks', `${holdS}`, '--delay-ms', '1000', '--ramp-ms', `${rampMs}`]
    const limits = ['--timeout', `${holdS + patienceS}`, '--idle-timeout', `${patienceS}`]
    const ports = ['--mock-port', `${await freePort()}`, '--ccr-port', `${await freePort()}`]
    const args = [cli, 'run', '--gateway', gateway, ...load, ...limits, ...ports, '--out', folder, '--json-out', report]
    const limitMs = (rampMs / 1000 + holdS + patienceS + aroundS) * 1000
    const run = { name: `run --gateway ${gateway}`, command: process.execPath, args, env, log: silentLog }
    const ended = await runToEnd(run, AbortSignal.any([signal, AbortSignal.timeout(limitMs)]))
    if (!judged.test(ended.how)) throw new EnvironmentError(describeDeath(ended))
    return trialOf(streams, JSON.parse(await readFile(report, 'utf8')))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Reads from a run's report whether it held all of its streams at once. */
export function trialOf(streams: number, report: unknown): Trial {
  const { verdict, report: counts } = reportSchema.parse(report)
  const isSound = verdict.verdict === 'pass' || verdict.verdict === 'warn'
  const isHeld = isSound && counts.successful === streams && counts.peak_concurrent === streams
  if (isHeld) return { isHeld, gaveOut: '' }
  const kinds = Object.entries(counts.errors).map(([kind, count]) => `${count} ${kind}`)
  const few = counts.peak_concurrent === streams ? [] : [`${counts.peak_concurrent} of ${streams} open at once`]
  return { isHeld, gaveOut: [...kinds, ...few, ...verdict.reasons].join('; ') }
}
