import type { Problem } from '../base/errors.ts'
import { nearest } from '../base/nearest.ts'
import { type Befalls, befalling, formatBefalls, parseBefalls, sumOfShares } from './befalls.ts'
import { type FaultName, faultNames, faultTable } from './fault-table.ts'

/** A fault and where in a stream it acts: as text what a plan carries, such as `truncate@50%`. */
export interface PlacedFault {
  readonly name: FaultName
  /** After a share of the deltas, or after so many; absent: in the middle, or where the fault has no position. */
  readonly position?: { readonly percent: number } | { readonly deltas: number }
}

/** A fault, and which streams of a load it befalls. */
export interface FaultSpec extends PlacedFault {
  readonly befalls: Befalls
}

const spec = /^([a-z0-9-]+)(?:@([a-z0-9.%]+))?(?::([^:#]+)|#([\d,]+))?$/

/** Reads `NAME[@POSITION][:SHARE]` or `NAME[@POSITION][#STREAM,...]`; what is wrong with it is told. */
export function parseFault(text: string, problems: Problem[]): FaultSpec | undefined {
  const wrong = (expected: string) => {
    problems.push({ where: '--fault', expected, got: JSON.stringify(text) })
    return undefined
  }
  const [, name = '', place, share, streams] = spec.exec(text) ?? []
  if (name === '') return wrong('NAME[@POSITION][:SHARE] or NAME[@POSITION][#STREAM,...], such as truncate@50%:0.05')
  if (!isFaultName(name)) {
    const near = nearest(name, faultNames)
    return wrong(`a fault${near ? ` (did you mean ${near}?)` : ''}: ${faultNames.join(', ')}`)
  }
  const placed = parsePlace(name, place)
  if (typeof placed === 'string') return wrong(placed)
  const befalls = parseBefalls(share, streams)
  return typeof befalls === 'string' ? wrong(befalls) : { ...placed, befalls }
}

/** Reads what a plan carries; undefined where this harness has no such fault. */
export function parsePlaced(text: string): PlacedFault | undefined {
  const [, name = '', place, ...which] = spec.exec(text) ?? []
  if (!isFaultName(name) || which.some((part) => part !== undefined)) return undefined
  const placed = parsePlace(name, place)
  return typeof placed === 'string' ? undefined : placed
}

/** The text that a plan carries, as `parsePlaced` reads it. */
export function formatPlaced({ name, position }: PlacedFault): string {
  if (!position) return name
  return `${name}@${'percent' in position ? `${position.percent}%` : position.deltas}`
}

/** A fault as `--fault` spells it. */
export function formatFault(fault: FaultSpec): string {
  return formatPlaced(fault) + formatBefalls(fault.befalls)
}

/** What is wrong with several faults together. */
export function faultProblems(faults: readonly { readonly befalls: Befalls }[], where = '--fault'): Problem[] {
  const sum = sumOfShares(faults)
  if (sum <= 1 + 1e-9) return []
  return [{ where, expected: 'shares that are together at most 1', got: `${Number(sum.toFixed(6))}` }]
}

/** The fault that befalls a stream. */
export function faultOf(faults: readonly FaultSpec[], seed: number, stream: number): PlacedFault | undefined {
  return befalling(faults, seed ^ 0x5bd1e995, stream)
}

/** Deltas before a fault in a stream of `chunks`: those that act on a delta leave at least one to act on. */
export function deltasBefore({ position = { percent: 50 } }: PlacedFault, chunks: number): number {
  const at = 'percent' in position ? Math.floor((chunks * position.percent) / 100) : position.deltas
  return Math.min(at, chunks - 1)
}

function isFaultName(name: string): name is FaultName {
  return Object.hasOwn(faultTable, name)
}

function parsePlace(name: FaultName, place: string | undefined): PlacedFault | string {
  if (place === undefined) return { name }
  if (!faultTable[name].isPlaced) return `no position after ${name}, as it concerns the whole stream`
  if (place === 'start') return { name, position: { deltas: 0 } }
  if (place === 'middle') return { name, position: { percent: 50 } }
  if (place === 'last') return { name, position: { percent: 100 } }
  const percent = /^(\d{1,3})%$/.exec(place)?.[1]
  if (percent !== undefined && Number(percent) <= 100) return { name, position: { percent: Number(percent) } }
  if (/^\d{1,7}$/.test(place)) return { name, position: { deltas: Number(place) } }
  return 'after the @ a position: start, middle, last, a share of the deltas such as 50%, or a number of deltas'
}
