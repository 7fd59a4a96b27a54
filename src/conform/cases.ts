import { clientFaultTable } from '../fault/client-fault.ts'
import type { FaultKind } from '../fault/fault.ts'
import { type FaultName, faultNames, faultTable } from '../fault/fault-table.ts'
import type { ConformCase } from '../judge/conformance.ts'
import { contentKinds } from '../model/content.ts'
import type { ProtocolName } from '../model/protocol-name.ts'

/** Cases that run concurrently. Groups run one after the other. */
export interface CaseGroup {
  readonly name: string
  readonly cases: readonly ConformCase[]
  readonly plan: CasePlan
  /** The plan of the cases that are repeated, if it differs. */
  readonly repeatPlan?: CasePlan
}

interface CasePlan {
  readonly chunks: number
  readonly delayMs: number
}

/** The plan of most cases: enough deltas for a start, a middle and an end. */
const shortPlan = { chunks: 12, delayMs: 20 } as const

/** The plan of a clean stream that failed: slow enough that a short pause of a process does not look like buffering. */
const slowPlan = { chunks: 12, delayMs: 100 } as const

/** The plan of a stream whose client leaves: long enough to show whether the stream continues without it. */
const longPlan = { chunks: 150, delayMs: 20 } as const

/** The name of the clean streams in `--only`. */
export const cleanName = 'clean'

/** Every tested position, as a plan stores it. */
const positions = ['0', '50%', '100%'] as const

const variations = 'harmless variations'

const groupOf: Readonly<Record<FaultKind, string>> = {
  harmless: variations,
  content: variations,
  form: variations,
  finished: variations,
  unended: variations,
  broken: 'broken streams',
  refused: 'refusals',
}

/** A separate group, the last one: a gateway may stop using an upstream that asked it to wait. */
const rateLimits = 'rate limits'

/**
 * All cases in the order in which they run. `only` selects faults by name, `clean` the clean streams; empty: all. `protocol` is
 * that of the mock if known. A gateway may use another protocol upstream, and then only the mock knows which faults it has.
 */
export function casesOf(protocol: ProtocolName | undefined, only: readonly string[] = []): readonly CaseGroup[] {
  const isSelected = (name: string) => only.length === 0 || only.includes(name)
  const faults = faultNames.filter(
    (name) =>
      isSelected(name) && (protocol === undefined || (faultTable[name].protocols ?? [protocol]).includes(protocol)),
  )
  const clean = contentKinds.map(
    (content): ConformCase => ({
      name: `${cleanName} ${content}`,
      describe: `a clean stream with ${content} content`,
      rows: [],
      content,
    }),
  )
  return [
    { name: 'clean streams', cases: isSelected(cleanName) ? clean : [], plan: shortPlan, repeatPlan: slowPlan },
    {
      name: 'client faults',
      cases: clientCases.filter(({ name }) => isSelected(name)),
      plan: longPlan,
    },
    ...[...new Set(Object.values(groupOf)), rateLimits].map((name) => ({
      name,
      plan: shortPlan,
      cases: faults.filter((fault) => groupOfFault(fault) === name).flatMap(casesOfFault),
    })),
  ].filter(({ cases }) => cases.length > 0)
}

const clientCases: readonly ConformCase[] = (
  [
    ['abort', '@sent', 'the client leaves after sending the request'],
    ['abort', '@headers', 'the client leaves after receiving the headers'],
    ['abort', '@50%', 'the client leaves in the middle of the stream'],
    ['abort', '@over', 'the client leaves after the last event'],
    ['stall-read', '@50%', 'the client stops reading for 30 s'],
    ['slow-read', '@1', 'the client reads only ten times a second'],
  ] as const
)
  .map(
    ([name, position, describe]): ConformCase => ({
      name: `${name}${position}`,
      describe,
      rows: [clientFaultTable[name].row],
      clientFault: `${name}${position}`,
      content: 'plain',
    }),
  )
  .concat({
    name: 'abort-stalled',
    describe: 'the client leaves while the upstream is silent',
    rows: [clientFaultTable.abort.row],
    fault: 'stall@50%',
    clientFault: 'abort@60%',
    content: 'plain',
  })

/** The names of all client cases. */
export const clientCaseNames = clientCases.map(({ name }) => name)

function casesOfFault(name: FaultName): readonly ConformCase[] {
  const { describe, rows, isPlaced, content = 'plain' } = faultTable[name]
  const faults = isPlaced ? positions.map((position) => `${name}@${position}`) : [name]
  return faults.map((fault) => ({ name: fault, describe, rows, fault, content }))
}

function groupOfFault(name: FaultName): string {
  return name.startsWith('http-429') ? rateLimits : groupOf[faultTable[name].kind]
}
