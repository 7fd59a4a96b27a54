import type { Problem } from '../base/errors.ts'
import { type Befalls, formatBefalls, parseBefalls } from './befalls.ts'

/** What a client can do wrong: leave, read slowly, or read nothing for a while. */
export const clientFaultNames = ['abort', 'slow-read', 'stall-read'] as const
/** One of them. */
export type ClientFaultName = (typeof clientFaultNames)[number]

/**
 * How far a stream has come when its client acts: its request is sent, its headers are there, so many deltas or a share of
 * them, or its terminal event.
 */
export type ClientPosition = 'sent' | 'headers' | 'over' | { readonly deltas: number } | { readonly percent: number }

/** What a client does wrong, when, and which streams' clients do. */
export interface ClientFault {
  readonly name: ClientFaultName
  readonly position: ClientPosition
  readonly befalls: Befalls
}

const spec = /^([a-z-]+)(?:@([a-z0-9%]+))?(?::([^:#]+)|#([\d,]+))?$/

/** Reads `NAME[@POSITION][:SHARE]` or `NAME[@POSITION][#STREAM,...]`; what is wrong with it is told. */
export function parseClientFault(text: string, problems: Problem[]): ClientFault | undefined {
  const wrong = (expected: string) => {
    problems.push({ where: '--client-fault', expected, got: JSON.stringify(text) })
    return undefined
  }
  const [, name, place = '50%', share, streams] = spec.exec(text) ?? []
  if (!isName(name)) return wrong(`${clientFaultNames.join(', ')}, such as abort@50%:0.1`)
  const position = positionOf(place)
  if (position === undefined)
    return wrong('after the @ one of sent, headers, over, a share of the deltas, or a number of them')
  const befalls = parseBefalls(share, streams)
  return typeof befalls === 'string' ? wrong(befalls) : { name, position, befalls }
}

/** A client's fault and its position, without whom it befalls. */
export function clientFaultText({ name, position }: Pick<ClientFault, 'name' | 'position'>): string {
  if (typeof position === 'string') return `${name}@${position}`
  return `${name}@${'deltas' in position ? position.deltas : `${position.percent}%`}`
}

/** A client's fault as `--client-fault` spells it. */
export function formatClientFault(fault: ClientFault): string {
  return clientFaultText(fault) + formatBefalls(fault.befalls)
}

/** Where a stream of `chunks` deltas has to be for the client to act. */
export function pointOf(position: ClientPosition, chunks: number): 'sent' | 'headers' | 'over' | number {
  if (typeof position === 'string') return position
  const deltas = 'deltas' in position ? position.deltas : Math.floor((chunks * position.percent) / 100)
  return Math.max(1, Math.min(deltas, chunks))
}

function isName(name: string | undefined): name is ClientFaultName {
  return clientFaultNames.some((known) => known === name)
}

function positionOf(place: string): ClientPosition | undefined {
  if (place === 'sent' || place === 'headers' || place === 'over') return place
  if (place === 'start') return { deltas: 1 }
  if (place === 'last') return { percent: 100 }
  const percent = /^(\d{1,3})%$/.exec(place)?.[1]
  if (percent !== undefined && Number(percent) <= 100) return { percent: Number(percent) }
  return /^\d{1,7}$/.test(place) ? { deltas: Number(place) } : undefined
}
