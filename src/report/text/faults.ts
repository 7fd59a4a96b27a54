import { counted, fixed } from '../../base/format.ts'
import { printable } from '../../base/printable.ts'
import type { Cancellation } from '../../judge/cancellation.ts'
import type { FaultTally } from '../../judge/fault-tally.ts'

/** Each injected fault: what clients saw, how the gateway reacted, and why that was wrong. */
export function faultLines(tallies: readonly FaultTally[]): string[] {
  return tallies.length === 0
    ? []
    : ['', '  Faults in the mock (judged here, not in the failure rate):', ...tallies.map(faultLine)]
}

function faultLine({ fault, streams, seen, reactions, wrong, why, mostAttempts }: FaultTally): string {
  const list = (counts: readonly (readonly [string, number])[]) =>
    counts.map(([name, count]) => (counts.length === 1 ? name : `${name} ${count}`)).join(', ')
  const result = wrong === 0 ? 'pass' : `FAIL in ${counted(wrong, 'stream')}: ${printable(why ?? '')}`
  const attempts = mostAttempts === undefined ? 'attempts not measured' : `at most ${counted(mostAttempts, 'attempt')}`
  return `    ${fault}: ${counted(streams, 'stream')}, client saw ${list(seen)}, gateway ${list(reactions)}, ${attempts}: ${result}`
}

/** What happened upstream after clients left on purpose. */
export function clientFaultLines(cancellations: readonly Cancellation[]): string[] {
  return cancellations.length === 0 ? [] : ['', '  Client faults:', ...cancellations.map(cancellationLine)]
}

function cancellationLine({ clientFault, streams, noticedMs, notCancelled }: Cancellation): string {
  const median = noticedMs[Math.floor(noticedMs.length / 2)]
  const cancelled =
    median === undefined
      ? 'upstream had already ended'
      : `upstream cancelled after ${fixed(median, 1)} ms (median), ${fixed(noticedMs.at(-1), 1)} ms (max)`
  return `    ${clientFault}: ${counted(streams, 'stream')}, ${cancelled}, ${notCancelled} not cancelled`
}
