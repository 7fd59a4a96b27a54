import { createHash } from 'node:crypto'
import type { Scenario } from './scenario.ts'

/** Members that do not change the load: the texts are of the same kinds with every seed, and limits only judge it. */
const irrelevant: ReadonlySet<string> = new Set(['name', 'seed', 'firstStream', 'thresholds', 'goodput', 'drainLimitS'])

/** The members of a scenario that decide what load it is, sorted by name. */
export function loadMembers(scenario: Scenario): readonly (readonly [name: string, value: unknown])[] {
  return Object.entries(scenario)
    .filter(([name, value]) => value !== undefined && !irrelevant.has(name))
    .sort(([a], [b]) => (a < b ? -1 : 1))
}

/** A text that two scenarios share if and only if they request the same load. The seed may differ. */
export function scenarioDigest(scenario: Scenario): string {
  return createHash('sha256')
    .update(canonical(Object.fromEntries(loadMembers(scenario))))
    .digest('hex')
    .slice(0, 12)
}

/** JSON with sorted members, so that the order in which a file was written does not matter. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`
}
