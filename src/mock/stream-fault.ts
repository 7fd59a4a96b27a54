import { nowNs } from '../base/clock.ts'
import type { Fault, Playing } from '../fault/fault.ts'
import { faultTable } from '../fault/fault-table.ts'
import { deltasBefore, type FaultSpec, faultOf, type PlacedFault, parsePlaced } from '../fault/parse-fault.ts'
import type { EventStep, Step } from '../fault/step.ts'
import type { ProtocolName } from '../model/protocol-name.ts'
import type { PlanKey } from '../plan/key.ts'
import { answerHead, type Head, type Script } from './dialect.ts'
import { dialects } from './dialects.ts'
import { streamFragments } from './fragments.ts'

/** The fault of a stream: the one in its plan, or else one of the mock's `--fault` flags. */
export function faultFor({ seed, stream, fault }: PlanKey, own: readonly FaultSpec[]): PlacedFault | undefined {
  return fault === undefined ? faultOf(own, seed, stream) : parsePlaced(fault)
}

/** The steps of an answer, to which the fault applies; undefined if the protocol does not have this fault. */
export function faultySteps(
  placed: PlacedFault,
  protocol: ProtocolName,
  head: Head,
  headers: Readonly<Record<string, string>>,
): (Playing & { readonly fault: Fault }) | undefined {
  const fault = faultTable[placed.name]
  if (fault.protocols && !fault.protocols.includes(protocol)) return undefined
  const chunks = head.blocks.at(-1)?.to ?? 0
  const { key, model, includeUsage } = head
  return {
    fault,
    steps: stepsOf(protocol, head, headers),
    at: deltasBefore(placed, chunks),
    chunks,
    protocol,
    key,
    // The neighbouring stream of the load, as if a gateway had mixed up the two.
    foreign: () =>
      stepsOf(
        protocol,
        answerHead({ key: { ...key, stream: (key.stream ^ 1) >>> 0 }, model, chunks, includeUsage }),
        headers,
      ),
  }
}

/** The steps of an answer without a fault; each text is created when it is sent. */
function stepsOf(protocol: ProtocolName, head: Head, headers: Readonly<Record<string, string>>): readonly Step[] {
  const { script: scriptOf } = dialects[protocol]
  const script = scriptOf(head)
  const chunks = head.blocks.at(-1)?.to ?? 0
  const event = (role: EventStep['role'], delta: number, text: () => string): EventStep => ({
    do: 'event',
    role,
    delta,
    text,
  })
  const fragment = fragmentAt(head, script.blockAt)
  // A dry run gives the number of events, which does not depend on their contents.
  const dry = scriptOf(head)
  const closings = dry.closing().length
  let closing: readonly string[] | undefined
  return [
    { do: 'head', status: 200, headers },
    ...script.opening.map((text) => event('opening', 0, () => text)),
    ...Array.from({ length: chunks }, (_, delta) => [
      ...beforeDelta(dry.before(delta).length, delta, (at) => script.before(at)).map((text) =>
        event('closing', delta, text),
      ),
      event('delta', delta, () => script.delta(fragment(delta), delta)),
    ]).flat(),
    ...Array.from({ length: closings }, (_, at) =>
      event('closing', chunks, () => {
        closing ??= script.closing()
        return closing[at] as string
      }),
    ),
    { do: 'end' },
  ]
}

/** The events before one delta, all created when the first of them is sent. */
function beforeDelta(count: number, delta: number, make: (delta: number) => readonly string[]) {
  let made: readonly string[] | undefined
  return Array.from({ length: count }, (_, at) => () => {
    made ??= make(delta)
    return made[at] as string
  })
}

/** The fragment of any delta, stamped when it or a later one is first requested. */
function fragmentAt({ key, blocks }: Head, blockAt: Script['blockAt']): (delta: number) => string {
  const fragments = streamFragments(key, blocks, nowNs, blockAt)
  const made: string[] = []
  return (delta) => {
    while (made.length <= delta) made.push(fragments.next().value as string)
    return made[delta] as string
  }
}
