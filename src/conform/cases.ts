import type { FaultKind } from '../fault/fault.ts'
import { type FaultName, faultNames, faultTable } from '../fault/fault-table.ts'
import { type ContentKind, contentKinds } from '../plan/content.ts'
import type { ProtocolName } from '../protocol/protocol.ts'

/** One thing to find out about a gateway, by one stream. */
export interface ConformCase {
  /** A fault as a plan carries it, or `clean` and a sort of answer. */
  readonly name: string
  readonly describe: string
  /** Rows of the detection matrix; none for a clean stream. */
  readonly rows: readonly number[]
  readonly fault?: string
  readonly content: ContentKind
}

/** Cases that run side by side; a group begins when the one before it has ended. */
export interface CaseGroup {
  readonly name: string
  readonly cases: readonly ConformCase[]
}

/** What `only` calls the clean streams. */
export const cleanName = 'clean'

const places = ['start', 'middle', 'last'] as const

/** Where a fault acts, as a plan carries it. */
const placeTexts: Readonly<Record<(typeof places)[number], string>> = { start: '0', middle: '50%', last: '100%' }

const groups: Readonly<Record<string, (name: FaultName, kind: FaultKind) => boolean>> = {
  'nothing a gateway may mind': (_, kind) => ['harmless', 'content', 'form', 'finished', 'unended'].includes(kind),
  'broken streams': (_, kind) => kind === 'broken',
  refusals: (name, kind) => kind === 'refused' && !isLimit(name),
  // Last, as a gateway may close the way to an upstream that told it to wait.
  'refusals for a while': (name) => isLimit(name),
}

/** All cases of a protocol, in the order in which they are to run; `only` names the faults to leave it at, `clean` the clean streams. */
export function casesOf(protocol: ProtocolName, only: readonly string[] = []): readonly CaseGroup[] {
  const isWanted = (name: string) => only.length === 0 || only.includes(name)
  const faults = faultNames.filter(
    (name) => isWanted(name) && (faultTable[name].protocols ?? [protocol]).includes(protocol),
  )
  const clean = contentKinds.map(
    (content): ConformCase => ({
      name: `${cleanName} ${content}`,
      describe: `nothing is wrong with an answer of ${content} content`,
      rows: [],
      content,
    }),
  )
  return [
    { name: 'clean streams', cases: isWanted(cleanName) ? clean : [] },
    ...Object.entries(groups).map(([name, isIn]) => ({
      name,
      cases: faults.filter((fault) => isIn(fault, faultTable[fault].kind)).flatMap(casesOfFault),
    })),
  ].filter(({ cases }) => cases.length > 0)
}

function casesOfFault(name: FaultName): readonly ConformCase[] {
  const { describe, rows, isPlaced, content = 'plain' } = faultTable[name]
  const faults = isPlaced ? places.map((place) => `${name}@${placeTexts[place]}`) : [name]
  return faults.map((fault) => ({ name: fault, describe, rows, fault, content }))
}

function isLimit(name: FaultName): boolean {
  return name.startsWith('http-429')
}
