import type { FaultKind } from '../fault/fault.ts'
import { type FaultName, faultNames, faultTable } from '../fault/fault-table.ts'
import type { ConformCase } from '../judge/conformance.ts'
import { contentKinds } from '../model/content.ts'
import type { ProtocolName } from '../model/protocol-name.ts'

/** Cases that run side by side; a group begins when the one before it has ended. */
export interface CaseGroup {
  readonly name: string
  readonly cases: readonly ConformCase[]
  readonly plan: { readonly chunks: number; readonly delayMs: number }
}

/** The plan of a case: enough deltas for a start, a middle and an end. */
const shortPlan = { chunks: 12, delayMs: 20 } as const

/** That of a stream whose client leaves: long enough to see whether it goes on without it. */
const longPlan = { chunks: 150, delayMs: 20 } as const

/** What `only` calls the clean streams. */
export const cleanName = 'clean'

const places = ['start', 'middle', 'last'] as const

/** Where a fault acts, as a plan carries it. */
const placeTexts: Readonly<Record<(typeof places)[number], string>> = { start: '0', middle: '50%', last: '100%' }

const groupOf: Readonly<Record<FaultKind, string>> = {
  harmless: 'nothing a gateway may mind',
  content: 'nothing a gateway may mind',
  form: 'nothing a gateway may mind',
  finished: 'nothing a gateway may mind',
  unended: 'nothing a gateway may mind',
  broken: 'broken streams',
  refused: 'refusals',
}

/** A group of its own, the last, as a gateway may close the way to an upstream that told it to wait. */
const waiting = 'refusals for a while'

/**
 * All cases, in the order in which they are to run; `only` names the faults to leave it at, `clean` the clean
 * streams. `protocol` is that of the mock, where
 * it is known: the upstream of a gateway may speak another than its client, and then the mock knows which faults it has.
 */
export function casesOf(protocol: ProtocolName | undefined, only: readonly string[] = []): readonly CaseGroup[] {
  const isWanted = (name: string) => only.length === 0 || only.includes(name)
  const faults = faultNames.filter(
    (name) =>
      isWanted(name) && (protocol === undefined || (faultTable[name].protocols ?? [protocol]).includes(protocol)),
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
    { name: 'clean streams', cases: isWanted(cleanName) ? clean : [], plan: shortPlan },
    {
      name: 'clients that leave or do not read',
      cases: clientCases.filter(({ name }) => isWanted(name)),
      plan: longPlan,
    },
    ...[...new Set(Object.values(groupOf)), waiting].map((name) => ({
      name,
      plan: shortPlan,
      cases: faults.filter((fault) => groupOfFault(fault) === name).flatMap(casesOfFault),
    })),
  ].filter(({ cases }) => cases.length > 0)
}

const clientCases: readonly ConformCase[] = (
  [
    ['abort@sent', 'its client leaves once the request is sent'],
    ['abort@headers', 'its client leaves once the headers are there'],
    ['abort@50%', 'its client leaves in the middle'],
    ['abort@over', 'its client leaves after the last event'],
    ['stall-read@50%', 'its client reads nothing for 30 s'],
    ['slow-read@1', 'its client reads ten times a second'],
  ] as const
)
  .map(
    ([clientFault, describe]): ConformCase => ({
      name: clientFault,
      describe,
      rows: [clientFault.startsWith('abort') ? 42 : 43],
      clientFault,
      content: 'plain',
    }),
  )
  .concat({
    name: 'abort-stalled',
    describe: 'its client leaves when the upstream has been silent for a while',
    rows: [42],
    fault: 'stall@50%',
    clientFault: 'abort@60%',
    content: 'plain',
  })

/** Names of what clients do wrong, beside the faults of the mock. */
export const clientCaseNames = clientCases.map(({ name }) => name)

function casesOfFault(name: FaultName): readonly ConformCase[] {
  const { describe, rows, isPlaced, content = 'plain' } = faultTable[name]
  const faults = isPlaced ? places.map((place) => `${name}@${placeTexts[place]}`) : [name]
  return faults.map((fault) => ({ name: fault, describe, rows, fault, content }))
}

function groupOfFault(name: FaultName): string {
  return name.startsWith('http-429') ? waiting : groupOf[faultTable[name].kind]
}
