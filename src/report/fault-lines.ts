import { counted, fixed } from '../base/format.ts'
import { printable } from '../base/printable.ts'
import type { Cancellation } from '../judge/cancellation.ts'
import type { FaultTally } from '../judge/fault-tally.ts'

/** What each fault became: what clients saw, what the gateway made of it, and what is wrong with that. */
export function faultLines(tallies: readonly FaultTally[]): string[] {
  if (tallies.length === 0) return []
  return ['', '  Faults in the mock:', ...tallies.map(faultLine)]
}

/** What became of the streams whose own clients left. */
export function clientFaultLines(cancellations: readonly Cancellation[]): string[] {
  if (cancellations.length === 0) return []
  return ['', '  Clients that left:', ...cancellations.map(cancellationLine)]
}

function cancellationLine({ clientFault, streams, noticedMs, notCancelled }: Cancellation): string {
  const middle = noticedMs[Math.floor(noticedMs.length / 2)]
  const noticed =
    middle === undefined
      ? 'the mock had sent all before'
      : `the mock noticed after ${fixed(middle, 1)} ms (median), ${fixed(noticedMs.at(-1), 1)} ms at most`
  return `    ${clientFault} in ${counted(streams, 'stream')}: ${noticed}; ${notCancelled} went on for too long`
}

function faultLine({ fault, streams, seen, reactions, wrong, why, mostAttempts }: FaultTally): string {
  const list = (counts: readonly (readonly [string, number])[]) =>
    counts.map(([name, count]) => (counts.length === 1 ? name : `${name} ${count}`)).join(', ')
  const right = wrong === 0 ? 'right' : `WRONG in ${wrong}: ${printable(why ?? '')}`
  const attempts = mostAttempts === undefined ? 'attempts unknown' : `at most ${counted(mostAttempts, 'attempt')}`
  return `    ${fault} in ${counted(streams, 'stream')}: client saw ${list(seen)}; ${list(reactions)}; ${attempts}; ${right}`
}
