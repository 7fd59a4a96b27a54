import type { Problem } from '../base/errors.ts'
import { nearest } from '../base/nearest.ts'
import { type FaultName, faultNames, faultTable } from './fault-table.ts'
import {
  deltasAt,
  formatPosition,
  formatSelection,
  type Position,
  parsePosition,
  parseSelection,
  type Selection,
  selectFor,
  splitSpec,
  sumOfShares,
} from './selection.ts'

/** A fault and its position, as a plan stores it: `truncate@50%`. */
export interface PlacedFault {
  readonly name: FaultName
  /** Absent: in the middle, or the fault has no position. */
  readonly position?: Position
}

/** A fault, and the streams that it applies to. */
export interface FaultSpec extends PlacedFault {
  readonly selection: Selection
}

/** Reads `NAME[@POSITION][:SHARE]` or `NAME[@POSITION][#STREAM,...]`; adds a problem if it is invalid. */
export function parseFault(text: string, problems: Problem[]): FaultSpec | undefined {
  const invalid = (message: string, hint?: string) => {
    problems.push({ where: '--fault', message, got: JSON.stringify(text), hint })
    return undefined
  }
  const parts = splitSpec(text)
  if (!parts)
    return invalid('must be NAME[@POSITION][:SHARE] or NAME[@POSITION][#STREAM,...], for example truncate@50%:0.05')
  const { name, position } = parts
  if (!isFaultName(name)) {
    const near = nearest(name, faultNames)
    return invalid(
      'unknown fault',
      `${near ? `Did you mean ${near}? ` : ''}Run \`ccr-sse-stress faults\` for the list.`,
    )
  }
  const placed = placedFault(name, position)
  if (typeof placed === 'string') return invalid(placed)
  const selection = parseSelection(parts)
  return typeof selection === 'string' ? invalid(selection) : { ...placed, selection }
}

/** Reads a fault as a plan stores it; undefined if this version has no such fault. */
export function parsePlaced(text: string): PlacedFault | undefined {
  const { name = '', position, share, streams } = splitSpec(text) ?? {}
  if (!isFaultName(name) || share !== undefined || streams !== undefined) return undefined
  const placed = placedFault(name, position)
  return typeof placed === 'string' ? undefined : placed
}

/** A fault as `parsePlaced` reads it. */
export function formatPlaced({ name, position }: PlacedFault): string {
  return position ? `${name}@${formatPosition(position)}` : name
}

/** A fault as `--fault` spells it. */
export function formatFault(fault: FaultSpec): string {
  return formatPlaced(fault) + formatSelection(fault.selection)
}

/** The problems of a list of faults: the shares may add up to 1 at most. */
export function faultProblems(faults: readonly { readonly selection: Selection }[], where = '--fault'): Problem[] {
  const sum = sumOfShares(faults)
  if (sum <= 1 + 1e-9) return []
  return [{ where, message: 'shares must add up to at most 1', got: `${Number(sum.toFixed(6))}` }]
}

/** The fault that applies to a stream. */
export function faultOf(faults: readonly FaultSpec[], seed: number, stream: number): PlacedFault | undefined {
  return selectFor(faults, seed ^ 0x5bd1e995, stream)
}

/** Deltas before a fault in a stream of `chunks`; at least one delta is left for the fault to act on. */
export function deltasBefore({ position = { percent: 50 } }: PlacedFault, chunks: number): number {
  return Math.min(deltasAt(position, chunks), chunks - 1)
}

function isFaultName(name: string): name is FaultName {
  return Object.hasOwn(faultTable, name)
}

function placedFault(name: FaultName, text: string | undefined): PlacedFault | string {
  if (text === undefined) return { name }
  if (!faultTable[name].isPlaced) return `${name} takes no position: it applies to the complete stream`
  const position = parsePosition(text)
  return position
    ? { name, position }
    : 'the position after @ must be start, middle, last, a percentage of the deltas such as 50%, or a number of deltas'
}
