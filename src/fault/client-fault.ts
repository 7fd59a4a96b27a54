import type { Problem } from '../base/errors.ts'
import {
  deltasAt,
  formatPosition,
  formatSelection,
  type Position,
  parsePosition,
  parseSelection,
  type Selection,
  splitSpec,
} from './selection.ts'

/** Each fault of a client: what the client does, and its row of the detection matrix. */
export const clientFaultTable = {
  abort: { describe: 'closes the connection', row: 42 },
  'slow-read': { describe: 'reads only ten times a second', row: 43 },
  'stall-read': { describe: 'stops reading for 30 s, then continues', row: 43 },
} as const
/** The name of a client fault. */
export type ClientFaultName = keyof typeof clientFaultTable

const names = Object.keys(clientFaultTable) as readonly ClientFaultName[]

/** Stages of a stream at which a client fault can start, besides a position among the deltas. */
const stages = ['sent', 'headers', 'over'] as const
type Stage = (typeof stages)[number]

/** When a client fault starts: request sent, headers received, a position among the deltas, or terminal event received. */
export type ClientPosition = Stage | Position

/** A client fault, when it starts, and which streams it applies to. */
export interface ClientFault {
  readonly name: ClientFaultName
  readonly position: ClientPosition
  readonly selection: Selection
}

/** Reads `NAME[@POSITION][:SHARE]` or `NAME[@POSITION][#STREAM,...]`; adds a problem if it is invalid. */
export function parseClientFault(text: string, problems: Problem[]): ClientFault | undefined {
  const invalid = (message: string) => {
    problems.push({ where: '--client-fault', message, got: JSON.stringify(text) })
    return undefined
  }
  const parts = splitSpec(text)
  const name = names.find((known) => known === parts?.name)
  if (!parts || name === undefined) return invalid(`must be one of ${names.join(', ')}, for example abort@50%:0.1`)
  const position = clientPositionOf(parts.position ?? '50%')
  if (position === undefined)
    return invalid(
      `the position after @ must be ${stages.join(', ')}, a percentage of the deltas, or a number of deltas`,
    )
  const selection = parseSelection(parts)
  return typeof selection === 'string' ? invalid(selection) : { name, position, selection }
}

/** A client fault with its position, without its streams: `abort@50%`. */
export function clientFaultText({ name, position }: Pick<ClientFault, 'name' | 'position'>): string {
  return `${name}@${typeof position === 'string' ? position : formatPosition(position)}`
}

/** A client fault as `--client-fault` spells it. */
export function formatClientFault(fault: ClientFault): string {
  return clientFaultText(fault) + formatSelection(fault.selection)
}

/** When a client fault starts in a stream of `chunks` deltas: a stage, or the number of deltas received, at least 1. */
export function pointOf(position: ClientPosition, chunks: number): Stage | number {
  if (typeof position === 'string') return position
  return Math.max(1, Math.min(deltasAt(position, chunks), chunks))
}

function clientPositionOf(text: string): ClientPosition | undefined {
  // `start` is after the first delta: before it, a client has no delta to react to.
  return stages.find((stage) => stage === text) ?? (text === 'start' ? { deltas: 1 } : parsePosition(text))
}
