import { counted, fixed, mebibytes } from '../../base/format.ts'
import { isCorrupted, isCorruption, titledRule } from '../../grammar/rules.ts'
import type { Break, Trial } from '../../model/capacity.ts'
import { isDeadline } from '../../model/failure.ts'
import type { Run } from '../../model/run.ts'
import { weightOf } from '../gateway-finding.ts'
import type { Judgement } from '../judgement.ts'
import { wallTimeS } from '../summary.ts'
import { isTimeName } from '../thresholds/metrics.ts'

/** Share of its CPU limit from which a gateway is at it: it is measured over a whole second, and a gateway needs some slack. */
const cpuLimitShare = 0.9

/** Share of its scheduling periods in which a container was throttled from which it is at its CPU limit. */
const throttledShare = 0.25

/** Share of its memory limit from which a container that broke is at it. */
const memoryLimitShare = 0.95

/** How a runtime or a kernel says that a process ran out of memory. */
const memoryWords = /out of memory|memory limit|cannot allocate|std::bad_alloc|OutOfMemory|oom/i

/** One run of a step, with what broke. `cores` is the number of CPU cores of the machine. */
export function trialOf(run: Run, judgement: Judgement, step: { n: number; tookS: number; cores: number }): Trial {
  const { verdict, summary, thresholds } = judgement
  const { whole, failed, aborted, dropped = 0, errors, peakOpen, ttft, cost } = summary
  const outcome = isUnproven(run, judgement) ? 'invalid' : verdict === 'fail' ? 'fail' : 'pass'
  return {
    n: step.n,
    outcome,
    run: run.id,
    tookS: step.tookS,
    started: whole + failed + aborted,
    whole,
    failed,
    dropped: dropped > 0 ? dropped : undefined,
    errors: errors.length > 0 ? Object.fromEntries(errors.map(({ kind, count }) => [kind, count])) : undefined,
    peakOpen,
    ttftP50Ms: ttft?.p50Ms,
    ttftP99Ms: ttft?.p99Ms,
    cpuCores: coresUsed(run, judgement),
    memoryPeakBytes: cost?.memoryPeakBytes,
    drainMs: judgement.remains.every(({ isBack }) => isBack) ? run.drain?.tookMs : undefined,
    thresholds: thresholds.map(({ text, state, got }) => ({ text, state, got })),
    broke: outcome === 'pass' ? undefined : breakOf(run, judgement, step.cores),
  }
}

/**
 * What broke at a step that did not pass: the first that applies, causes before symptoms. A gateway without memory fails streams, one
 * that leaks or does not drain may do so later, and one without CPU is slow.
 */
export function breakOf(run: Run, judgement: Judgement, cores: number): Break {
  const { reasons } = judgement
  if (isUnproven(run, judgement)) return { kind: 'instrument', detail: reasons[0] ?? 'The run is invalid' }
  for (const find of [memory, death, backlog, content, errors, slowness]) {
    const found = find(run, judgement, cores)
    if (found) return found
  }
  return { kind: 'threshold', detail: reasons[0] ?? 'The run failed' }
}

/** Whether a run says nothing about the gateway: it is invalid, or no stream was measured although the gateway did nothing wrong. */
function isUnproven({ died, stopped, records }: Run, { verdict, summary, gatewayFindings }: Judgement): boolean {
  if (verdict === 'invalid') return true
  const isBroken =
    died !== undefined || stopped !== undefined || gatewayFindings.some((finding) => weightOf(finding) === 'failure')
  const hasFailed = records.some(({ outcome }) => outcome.state === 'failed')
  return verdict === 'fail' && !isBroken && !hasFailed && summary.whole + summary.failed === 0
}

type Finder = (run: Run, judgement: Judgement, cores: number) => Break | undefined

const memory: Finder = ({ died, cost }, { thresholds }) => {
  const { oomKills = 0, memoryLimitBytes, memoryPeakBytes } = cost?.container ?? {}
  const peak = `peak ${mebibytes(memoryPeakBytes ?? cost?.memoryPeakBytes)}`
  const limit = memoryLimitBytes === undefined ? '' : `, limit ${mebibytes(memoryLimitBytes)}`
  if (oomKills > 0) return { kind: 'memory', detail: `the kernel killed the gateway (${peak}${limit})` }
  const line = died?.lastLines.find((text) => memoryWords.test(text))
  if (died && line !== undefined) return { kind: 'memory', detail: `the gateway died (${died.how}, ${peak}): ${line}` }
  const isFull = memoryLimitBytes !== undefined && (memoryPeakBytes ?? 0) >= memoryLimitShare * memoryLimitBytes
  if (died && isFull) return { kind: 'memory', detail: `the gateway died (${died.how}, ${peak}${limit})` }
  return brokenBy(thresholds, 'memory', (metric) => metric.startsWith('memory.'))
}

const death: Finder = ({ died }) => died && { kind: 'death', detail: `the gateway died (${died.how})` }

const backlog: Finder = (_, { gatewayFindings, summary, thresholds }) => {
  const left = gatewayFindings.find((finding) => weightOf(finding) === 'failure')
  if (left) return { kind: 'backlog', detail: `${left.metric}: ${left.got} (expected ${left.expected})` }
  const { dropped = 0, requested } = summary
  if (dropped > 0)
    return { kind: 'backlog', detail: `${dropped} of ${requested} starts were dropped: too many streams were open` }
  const isBacklog = (metric: string) => /^(open|descriptors|dropped)\./.test(metric)
  return brokenBy(thresholds, 'backlog', isBacklog)
}

const content: Finder = (_, { summary }) => {
  const broken = summary.rules.find(({ rule, severity }) => severity === 'error' && isCorruption(rule))
  if (broken) return { kind: 'content', detail: `${counted(broken.streams, 'stream')} with ${titledRule(broken.rule)}` }
  const corrupted = summary.errors.find(({ kind }) => isCorrupted(kind))
  return corrupted && { kind: 'content', detail: `${counted(corrupted.count, 'stream')} with ${corrupted.kind}` }
}

const errors: Finder = (run, judgement, cores) => {
  const [worst] = judgement.summary.errors
  if (!worst) return undefined
  const detail = `${counted(judgement.summary.failed, 'stream')} failed, most with ${worst.kind} (${worst.count})`
  // A stream that came too late for a deadline was slow.
  const full = isDeadline(worst.kind) ? fullCpu(run, judgement, cores) : undefined
  return full === undefined ? { kind: 'errors', detail } : { kind: 'cpu', detail: `${full}; ${detail}` }
}

const slowness: Finder = (run, judgement, cores) => {
  const broken = brokenBy(
    judgement.thresholds,
    'latency',
    (metric) => isTimeName(metric) || metric.startsWith('overhead.'),
  )
  if (!broken) return undefined
  const full = fullCpu(run, judgement, cores)
  return full === undefined ? broken : { kind: 'cpu', detail: `${full}; ${broken.detail}` }
}

function brokenBy(
  thresholds: Judgement['thresholds'],
  kind: Break['kind'],
  isAbout: (metric: string) => boolean,
): Break | undefined {
  const broken = thresholds.find(({ metric, state }) => state !== 'ok' && isAbout(metric))
  return broken && { kind, detail: `${broken.text}: ${broken.got}` }
}

/** That the gateway was at its CPU limit, in words; undefined if it was not, or if this was not measured. */
function fullCpu(run: Run, judgement: Judgement, cores: number): string | undefined {
  const used = coresUsed(run, judgement)
  const { cpuLimit, periods = 0, throttledPeriods = 0 } = run.cost?.container ?? {}
  // The reference gateway has one thread.
  const limit = cpuLimit ?? (run.gateway.kind === 'reference' ? 1 : cores)
  const isThrottled = periods > 0 && throttledPeriods >= throttledShare * periods
  if (!isThrottled && (used === undefined || used < cpuLimitShare * limit)) return undefined
  return `the gateway used ${fixed(used, 2)} of ${limit} ${limit === 1 ? 'core' : 'cores'}`
}

/** CPU time of the gateway per second: the median of the full seconds of the measured phase, or the mean of the load if it has too few. */
export function coresUsed(
  { cost, records, scenario }: Run,
  { seconds }: Pick<Judgement, 'seconds'>,
): number | undefined {
  const counted = seconds.filter(({ phase, starts }) => scenario.phases?.[phase]?.excluded !== true && starts > 0)
  const values = counted
    .flatMap(({ gatewayCpuS }) => gatewayCpuS ?? [])
    .slice(1, -1)
    .sort((a, b) => a - b)
  const middle = values[Math.floor(values.length / 2)]
  if (values.length >= 2) return middle
  const [wallS, cpuS] = [wallTimeS(records), cost?.container?.cpuS ?? cost?.cpuS]
  return wallS === undefined || wallS === 0 || cpuS === undefined ? undefined : cpuS / wallS
}
