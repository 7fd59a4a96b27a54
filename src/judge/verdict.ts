import { counted } from '../base/format.ts'
import { isCorruption, titledRule } from '../grammar/rules.ts'
import { isDeadline } from '../model/failure.ts'
import { describeFailure, isHarmed, type StreamRecord } from '../model/record.ts'
import type { Run } from '../model/run.ts'
import { evidenceLeft } from './failed-parts.ts'
import type { FaultTally } from './fault-tally.ts'
import { type GatewayFinding, sentenceOf, weightOf } from './gateway-finding.ts'
import { standstillOf } from './pauses.ts'
import { countedRecords, requestedOf } from './phases.ts'
import type { RuleCount, Summary } from './summary.ts'
import type { JudgedThreshold } from './thresholds/thresholds.ts'
import type { InstrumentJudgement, Timing } from './timing.ts'
import { timingLimits } from './timing-limits.ts'

/** Above the first share of failed streams, a run is FAIL; above the second, it also has a separate exit status. */
const maxWarnShare = 0.05
const maxFailShare = 0.5

/** What a run says about its gateway; `invalid` if the harness was the limit. */
export interface Verdict {
  readonly verdict: 'pass' | 'warn' | 'fail' | 'invalid'
  /** One sentence each, most severe first; empty if everything went as planned. */
  readonly reasons: readonly string[]
  /** Failed streams among those that ended by themselves; undefined if none did. */
  readonly failedShare?: number
  /** Whether more than half of them failed, in a load that was complete. */
  readonly mostlyFailed: boolean
  /** Whether the times are the gateway's. Content is judged even if they are not. */
  readonly timing: Timing
}

/** The conclusions on which a verdict is based. */
interface Conclusions {
  readonly summary: Summary
  readonly instrument: InstrumentJudgement
  readonly faults: readonly FaultTally[]
  readonly gatewayFindings: readonly GatewayFinding[]
  readonly thresholds: readonly JudgedThreshold[]
}

/** What the reasons are based on: the conclusions, and the streams counted for the verdict. */
interface Evidence extends Conclusions {
  readonly run: Run
  /** Streams that ended by themselves and whose request the mock answered without a fault; `failed` of them failed. */
  readonly judged: number
  readonly failed: number
  readonly failedShare: number
  /** Streams that failed for a reason that a slow harness cannot cause, while it was not paused. */
  readonly failedAlone: number
}

/** The verdict that a reason causes. A note does not change it. */
type Weight = 'invalid' | 'fail' | 'warn' | 'note'

/** One ground for a verdict: its weight, and its sentences (none if it does not apply). */
interface Ground {
  readonly id: string
  readonly weight: Weight | ((evidence: Evidence) => Weight)
  /** False if it shows nothing about the gateway; absent: true. */
  readonly isProof?: boolean
  readonly sentences: (evidence: Evidence) => readonly string[]
}

/** Grounds that concern content, processes and leaks: valid even if the times are not. */
const contentGrounds: readonly Ground[] = [
  {
    id: 'corrupt_content',
    weight: 'fail',
    sentences: ({ summary }) => rulesSentence('Content differs from what the mock sent', summary, true),
  },
  {
    id: 'mishandled_fault',
    weight: 'fail',
    sentences: ({ faults }) =>
      faults.flatMap(({ fault, wrong, streams, why }) =>
        wrong > 0 ? [`The fault ${fault} was mishandled in ${wrong} of ${streams} streams: ${why}`] : [],
      ),
  },
  { id: 'warm_up', weight: 'fail', sentences: ({ run }) => failedWarmUp(run) },
  {
    id: 'broken_threshold',
    weight: 'fail',
    sentences: ({ run, thresholds }) => thresholdSentences(run, thresholds, ['broken']),
  },
  {
    // It must not pass, but proves nothing against the gateway.
    id: 'unproven_threshold',
    weight: 'fail',
    isProof: false,
    sentences: ({ run, thresholds }) => thresholdSentences(run, thresholds, ['too_few_samples', 'not_measured']),
  },
  {
    id: 'failed_streams',
    weight: ({ failedShare }) => (failedShare > maxWarnShare ? 'fail' : 'warn'),
    sentences: ({ run, failed, judged, failedShare }) =>
      failed > 0 && !run.stopped ? [`${failed}/${judged} streams failed (${(failedShare * 100).toFixed(1)}%)`] : [],
  },
  {
    id: 'dropped_starts',
    weight: 'warn',
    sentences: ({ summary }) => droppedStarts(summary),
  },
  { id: 'gateway_death', weight: 'fail', sentences: ({ run }) => gatewayDeath(run) },
  {
    id: 'gateway_failure',
    weight: 'fail',
    sentences: ({ gatewayFindings }) => findingSentences(gatewayFindings, 'failure'),
  },
  {
    id: 'ill_formed',
    weight: 'warn',
    sentences: ({ summary }) => rulesSentence('Malformed streams', summary, false),
  },
  {
    id: 'gateway_warning',
    weight: 'warn',
    sentences: ({ gatewayFindings }) => findingSentences(gatewayFindings, 'warning'),
  },
]

/** Reasons that concern the harness and the user: valid even if a part of the harness failed. */
const harnessGrounds: readonly Ground[] = [
  { id: 'harness', weight: 'invalid', sentences: ({ instrument }) => instrument.failures },
  {
    id: 'times',
    weight: 'invalid',
    sentences: (evidence) => {
      const { failures, invalidTimes } = evidence.instrument
      return failures.length === 0 && isProvenByContent(evidence) ? [] : invalidTimes
    },
  },
  {
    id: 'only_excluded_phases',
    // Wrong content counts in excluded phases too.
    weight: (evidence) => (isProvenByContent(evidence) ? 'note' : 'invalid'),
    sentences: ({ run }) => endedBeforeCounted(run),
  },
]

const interrupted: Ground = {
  id: 'interrupted',
  weight: 'note',
  sentences: ({ run, judged }) => interruption(run, judged),
}

/** The reasons of a run, most severe first, as in `Verdict.reasons`. If the harness failed, none is attributed to the gateway. */
function groundsOf(run: Run): readonly Ground[] {
  return [...harnessGrounds, ...(evidenceLeft(run) === 'none' ? [] : contentGrounds), interrupted]
}

/** Judges a run by its conclusions. Streams that an interrupt ended are not judged. */
export function verdictOf(run: Run, conclusions: Conclusions): Verdict {
  const { summary, instrument } = conclusions
  const counted = countedRecords(run)
  const harmed = counted.filter((record) => isHarmed(record) && record.outcome.state !== 'aborted')
  // A stream with an injected fault is judged by how the gateway reacted to it.
  const failed = summary.failed - harmed.filter(({ outcome }) => outcome.state === 'failed').length
  const judged = summary.whole + summary.failed - harmed.length
  const failedShare = judged === 0 ? 0 : failed / judged
  // A gateway may give up on a mock that was suspended for longer than its own timeout.
  const standstill = standstillOf(run, timingLimits.pause.invalid.longestMs)
  const failedAlone = counted.filter(
    (record) =>
      !isHarmed(record) && failedByItself(record) && standstill.overlapNs(record.startedNs, record.endedNs) === 0,
  ).length
  const evidence = { ...conclusions, run, judged, failed, failedShare, failedAlone }
  const applicable = groundsOf(run)
    .map((ground) => ({ weight: weigh(ground, evidence), sentences: ground.sentences(evidence) }))
    .filter(({ sentences }) => sentences.length > 0)
  const has = (weight: Weight) => applicable.some((ground) => ground.weight === weight)
  return {
    verdict: has('invalid') ? 'invalid' : has('fail') ? 'fail' : has('warn') ? 'warn' : 'pass',
    reasons: applicable.flatMap(({ sentences }) => sentences),
    failedShare: judged > 0 ? failedShare : undefined,
    // The share of failed streams in a warm-up does not predict that of a load.
    mostlyFailed: failedShare > maxFailShare && run.stopped === undefined && run.abortedBy === undefined,
    timing: instrument.timing,
  }
}

function weigh({ weight }: Ground, evidence: Evidence): Weight {
  return typeof weight === 'function' ? weight(evidence) : weight
}

/** Whether the gateway failed in a way that a slow harness cannot cause: that is valid even if the times are not. */
function isProvenByContent(evidence: Evidence): boolean {
  const { failedAlone, judged } = evidence
  if (failedAlone > maxWarnShare * judged) return true
  return contentGrounds.some(
    (ground) => ground.weight === 'fail' && ground.isProof !== false && ground.sentences(evidence).length > 0,
  )
}

/** Whether a stream failed for a reason other than the harness's own deadline, which a slow harness may miss. */
function failedByItself({ outcome }: StreamRecord): boolean {
  return outcome.state === 'failed' && !isDeadline(outcome.kind)
}

function rulesSentence(what: string, { rules }: Summary, corrupt: boolean): string[] {
  const broken = rules.filter(({ rule, severity }) => severity === 'error' && isCorruption(rule) === corrupt)
  return broken.length > 0 ? [`${what}: ${broken.map(ruleText).join('; ')}`] : []
}

/** Thresholds in one of these states. If no load started, that is the reason, and it has a sentence already. */
function thresholdSentences(
  { stopped, interruptedBy, abortedBy }: Run,
  thresholds: readonly JudgedThreshold[],
  states: readonly JudgedThreshold['state'][],
): string[] {
  const isNotLoaded = stopped?.phase === 'warm-up' || stopped?.phase === 'baseline'
  return thresholds
    .filter(({ state }) => states.includes(state) && !(isNotLoaded && state === 'not_measured'))
    .filter(({ state }) => interruptedBy === undefined || state === 'broken')
    .map(({ text, state, got }) => {
      if (state !== 'broken') return `Threshold ${text} could not be evaluated: ${got}`
      if (abortedBy?.threshold !== text) return `Threshold ${text} is broken: ${got}`
      return `Threshold ${text} is broken: ${abortedBy.got} after ${abortedBy.afterS.toFixed(1)} s, which ended the load`
    })
}

function ruleText({ rule, streams }: RuleCount): string {
  return `${titledRule(rule)}: ${streams} ${streams === 1 ? 'stream' : 'streams'}`
}

/** The gateway did not keep up with the rate, or the limit of open streams is too low: either way, the rate was not applied. */
function droppedStarts({ dropped = 0, requested }: Summary): string[] {
  if (dropped === 0) return []
  return [`${dropped} of ${requested} starts were dropped: as many streams as --max-streams allows were open`]
}

function findingSentences(findings: readonly GatewayFinding[], weight: ReturnType<typeof weightOf>): string[] {
  return findings.filter((finding) => weightOf(finding) === weight).map(sentenceOf)
}

function failedWarmUp({ stopped, records, gateway }: Run): string[] {
  const [first] = records
  if (stopped?.phase !== 'warm-up' || first?.outcome.state !== 'failed') return []
  const all = records.length === 1 ? 'the only warm-up stream' : `all ${counted(records.length, 'warm-up stream')}`
  return [`${gateway.name} failed ${all}, so the load did not start: ${describeFailure(first.outcome)}`]
}

function gatewayDeath({ died, cost }: Run): string[] {
  const oomKills = cost?.container?.oomKills ?? 0
  return [
    ...(oomKills > 0 ? [outOfMemory(oomKills, cost?.container?.memoryLimitBytes)] : []),
    ...(died ? [`The gateway died (${died.name}, ${died.how})`] : []),
  ]
}

function outOfMemory(kills: number, limitBytes: number | undefined): string {
  const limit = limitBytes === undefined ? 'no memory limit' : `limit ${Math.round(limitBytes / 2 ** 20)} MiB`
  return `The kernel killed ${kills} gateway ${kills === 1 ? 'process' : 'processes'}: out of memory (${limit})`
}

/** An interrupt while only streams of excluded phases had ended: they are not judged. */
function endedBeforeCounted(run: Run): string[] {
  const hasEnded = ({ outcome }: StreamRecord) => outcome.state !== 'aborted'
  if (!run.interruptedBy || countedRecords(run).some(hasEnded) || !run.records.some(hasEnded)) return []
  return [`Interrupted by ${run.interruptedBy} before any stream ended in a phase that is not excluded`]
}

function interruption(run: Run, judged: number): string[] {
  const { interruptedBy } = run
  const requested = requestedOf(run)
  if (!interruptedBy || judged === 0) return []
  if (judged === requested) return [`Interrupted by ${interruptedBy} after the load`]
  return [`Interrupted by ${interruptedBy}: only the ${judged} of ${requested} streams that ended are judged`]
}
