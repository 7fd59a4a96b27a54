import { EnvironmentError } from '../base/errors.ts'
import { counted } from '../base/format.ts'
import { type InstrumentWatch, watchInstrument } from '../experiment/instrument-watch.ts'
import { formIds } from '../judge/answer-form.ts'
import type { Conformance, JudgedCase } from '../judge/conformance.ts'
import { failedPartSentences } from '../judge/failed-parts.ts'
import { countedFailures } from '../judge/repeated-case.ts'
import type { Host } from '../process/host.ts'
import { casesOf } from './cases.ts'
import type { PlayOptions } from './play-group.ts'
import { runGroup } from './run-group.ts'
import { warmUp } from './warm-up.ts'
import { type WatchCases, watchCases } from './watch.ts'

/** What `conform` tests, and how. */
interface ConformOptions extends Omit<PlayOptions, 'watch' | 'tolerated'>, Pick<Host, 'onProgress'> {
  readonly seed: number
  /** Names of the selected faults, `clean` for the clean streams; empty: all. */
  readonly only: readonly string[]
  /** How often a case must fail before that counts (default: twice). */
  readonly failuresNeeded?: number
  /** Measures the harness and the machine while cases run. */
  readonly watch?: WatchCases
}

/** Far from the seeds of the groups. */
const warmUpSeed = 5000

/**
 * Runs every selected case of the detection matrix, group by group, each followed by a probe stream. An EnvironmentError if a part of the
 * harness fails: the cases then say nothing about the gateway.
 */
export async function conform(options: ConformOptions): Promise<Conformance> {
  const { topology, target, seed, idleLimitS, loadStreams, onProgress, watch = watchCases } = options
  using instrument = watchInstrument(topology.parts, { failed: () => [] })
  instrument.phase = 'load'
  const signal = AbortSignal.any([options.signal, instrument.signal])
  const isDirect = topology.gateway.kind === 'none'
  onProgress('warming up')
  const { form, hasServed } = await warmUp(seed + warmUpSeed, { ...options, signal, watch })
  await requireInstrument(instrument)
  const { failuresNeeded = countedFailures } = options
  const grouped = {
    ...options,
    signal,
    watch,
    isDirect,
    form,
    hasServed,
    failuresNeeded,
    tolerated: new Set(form.kinds),
  }
  const cases: JudgedCase[] = []
  const notPlayed: string[] = []
  const loads: NonNullable<Conformance['load']>[] = []
  for (const [index, group] of casesOf(isDirect ? target.protocol : undefined, options.only).entries()) {
    if (signal.aborted) break
    const load = loadStreams > 0 ? ` and ${counted(loadStreams, 'clean stream')}` : ''
    onProgress(`running ${group.name} (${counted(group.cases.length, 'stream')}${load})`)
    const result = await runGroup(group, seed + index, grouped)
    await requireInstrument(instrument)
    cases.push(...result.cases)
    notPlayed.push(...result.notPlayed)
    loads.push(result.load)
    if (cases.at(-1)?.seen === 'died') break
  }
  return {
    gateway: topology.gateway,
    target,
    requestProfile: options.requestProfile ?? 'sdk',
    seed,
    idleLimitS,
    cases,
    form: formIds(form),
    notPlayed,
    load: loadStreams > 0 ? joined(loads) : undefined,
    isPartial: options.signal.aborted,
  }
}

/** Throws an EnvironmentError that names the parts of the harness that failed, if any did. */
async function requireInstrument(watch: InstrumentWatch): Promise<void> {
  const failedParts = await watch.check()
  if (failedParts.length > 0) throw new EnvironmentError(failedPartSentences({ failedParts }).join('\n'))
}

function joined(loads: readonly NonNullable<Conformance['load']>[]): NonNullable<Conformance['load']> {
  const sum = (member: 'streams' | 'notJudged') => loads.reduce((total, load) => total + load[member], 0)
  return {
    streams: sum('streams'),
    hurt: loads.flatMap(({ hurt }) => hurt),
    notJudged: sum('notJudged'),
    busy: [...new Set(loads.flatMap(({ busy }) => busy))],
  }
}
