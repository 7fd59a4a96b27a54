import type { FaultTally } from '../verdict/fault-tally.ts'
import { counted } from './figures.ts'
import { printable } from './printable.ts'

/** What each fault became: what clients saw, what the gateway made of it, and what is wrong with that. */
export function faultLines(tallies: readonly FaultTally[]): string[] {
  if (tallies.length === 0) return []
  return ['', '  Faults in the mock:', ...tallies.map(faultLine)]
}

function faultLine({ fault, streams, seen, reactions, wrong, why, mostAttempts }: FaultTally): string {
  const list = (counts: readonly (readonly [string, number])[]) =>
    counts.map(([name, count]) => (counts.length === 1 ? name : `${name} ${count}`)).join(', ')
  const right = wrong === 0 ? 'right' : `WRONG in ${wrong}: ${printable(why ?? '')}`
  const attempts = `at most ${counted(mostAttempts, 'attempt')}`
  return `    ${fault} in ${counted(streams, 'stream')}: client saw ${list(seen)}; ${list(reactions)}; ${attempts}; ${right}`
}
