import { isCorruption } from '../grammar/rules.ts'
import { isDeadline, isHarmed, type StreamRecord } from '../model/record.ts'
import type { Run } from '../model/run.ts'
import { faultTallies } from './fault-tally.ts'
import { sentenceOf, weightOf } from './gateway-finding.ts'
import { gatewayFindingsOf } from './gateway-findings.ts'
import { harnessFailures, mockName } from './harness-failures.ts'
import { type RuleCount, summarize } from './summary.ts'
import { invalidTimes, type Timing, timingOf } from './timing.ts'

/** Shares of failed streams above which a run is FAIL, and FAIL with a status of its own. */
const mostForWarn = 0.05
const mostForFail = 0.5

/** What a run says of its gateway; `invalid` where the instrument was the limit and it says nothing. */
export interface Verdict {
  readonly verdict: 'pass' | 'warn' | 'fail' | 'invalid'
  /** One sentence each, the weightiest first; none where all went as asked. */
  readonly reasons: readonly string[]
  /** Failed streams among those that ended by themselves; absent where none did. */
  readonly failedShare?: number
  /** More than half of them failed. */
  readonly mostlyFailed: boolean
  /** Whether the run's times are the gateway's; where they are not, content is judged all the same. */
  readonly timing: Timing
}

/** Judges a run by its records alone. Streams that an interrupt kept from ending are not judged. */
export function judge(run: Run): Verdict {
  const { whole, failed: allFailed, rules } = summarize(run)
  const befallen = run.records.filter((record) => isHarmed(record) && record.outcome.state !== 'aborted')
  // What a fault befell is judged by what the gateway made of it.
  const failed = allFailed - befallen.filter(({ outcome }) => outcome.state === 'failed').length
  const judged = whole + allFailed - befallen.length
  const failedShare = judged === 0 ? undefined : failed / judged
  const share = failedShare ?? 0
  const harness = harnessFailures(run)
  const mishandled = faultTallies(run).filter(({ wrong }) => wrong > 0)
  const death = gatewayDeath(run)
  const broken = rules.filter(({ severity }) => severity === 'error')
  const corrupt = broken.filter(({ rule }) => isCorruption(rule))
  const illFormed = broken.filter(({ rule }) => !isCorruption(rule))
  const findings = gatewayFindingsOf(run)
  const fatal = findings.filter((finding) => weightOf(finding) === 'failure')
  const suspicious = findings.filter((finding) => weightOf(finding) === 'warning')
  const times = invalidTimes(run)
  const harmful = corrupt.length + mishandled.length + death.length + fatal.length
  const failedAlone = run.records.filter((record) => !isHarmed(record) && failedByItself(record)).length
  // What no slow harness does to a stream stands, whatever the times are worth.
  const stands = harmful > 0 || failedAlone > mostForWarn * judged
  const isInvalid = harness.length > 0 || (times.length > 0 && !stands)
  const reasons = [
    ...harness,
    ...(isInvalid ? times : []),
    ...(corrupt.length > 0 ? [`content that is not what the mock sent: ${rulesText(corrupt)}`] : []),
    ...mishandled.map(
      ({ fault, wrong, streams, why }) =>
        `the fault ${fault} was not handled in ${wrong} of ${streams} streams: ${why}`,
    ),
    ...(failed > 0 ? [`${failed}/${judged} streams failed (${(share * 100).toFixed(1)}%)`] : []),
    ...death,
    ...fatal.map(sentenceOf),
    ...(illFormed.length > 0 ? [`streams that are not well-formed: ${rulesText(illFormed)}`] : []),
    ...suspicious.map(sentenceOf),
    ...interruption(run, judged),
  ]
  const common = {
    reasons,
    ...(failedShare !== undefined && { failedShare }),
    mostlyFailed: share > mostForFail,
    timing: timingOf(run),
  }
  if (isInvalid) return { verdict: 'invalid', ...common }
  if (share > mostForWarn || harmful > 0) return { verdict: 'fail', ...common }
  return { verdict: failed > 0 || illFormed.length > 0 || suspicious.length > 0 ? 'warn' : 'pass', ...common }
}

/** Whether a stream failed for another reason than that we gave it up: its deadline may be over as the harness was slow. */
function failedByItself({ outcome }: StreamRecord): boolean {
  return outcome.state === 'failed' && !isDeadline(outcome.kind)
}

function rulesText(rules: readonly RuleCount[]): string {
  return rules.map(({ rule, streams }) => `${rule} in ${streams} ${streams === 1 ? 'stream' : 'streams'}`).join(', ')
}

function gatewayDeath({ died, cost }: Run): string[] {
  const oomKills = cost?.container?.oomKills ?? 0
  return [
    ...(oomKills > 0 ? [outOfMemory(oomKills, cost?.container?.memoryLimitBytes)] : []),
    ...(died && died.name !== mockName ? [`the gateway died (${died.name}, ${died.how})`] : []),
  ]
}

function outOfMemory(kills: number, limitBytes: number | undefined): string {
  const limit =
    limitBytes === undefined ? 'no limit of its own' : `its limit is ${Math.round(limitBytes / 2 ** 20)} MiB`
  return `the kernel killed ${kills} ${kills === 1 ? 'process' : 'processes'} of the gateway for memory (${limit})`
}

function interruption({ interruptedBy, scenario }: Run, judged: number): string[] {
  if (!interruptedBy || judged === 0) return []
  if (judged === scenario.streams) return [`interrupted by ${interruptedBy} after the load`]
  return [`interrupted by ${interruptedBy}: only the ${judged} of ${scenario.streams} streams that ended are judged`]
}
