import { connectionFaults } from './connection.ts'
import { contentFaults } from './content.ts'
import { cutFaults } from './cut.ts'
import { endingFaults } from './ending.ts'
import type { Fault } from './fault.ts'
import { inbandErrorFaults } from './inband-error.ts'
import { malformedFaults } from './malformed.ts'
import { notSseFaults } from './not-sse.ts'
import { oddFaults } from './odd.ts'
import { paceFaults } from './pace.ts'
import { providerFormFaults } from './provider-form.ts'
import { providerStopFaults } from './provider-stop.ts'
import { statusFaults } from './status.ts'
import { usageFaults } from './usage.ts'
import { wireFaults } from './wire.ts'

const table = {
  ...connectionFaults,
  ...statusFaults,
  ...notSseFaults,
  ...inbandErrorFaults,
  ...cutFaults,
  ...endingFaults,
  ...malformedFaults,
  ...paceFaults,
  ...wireFaults,
  ...contentFaults,
  ...oddFaults,
  ...usageFaults,
  ...providerStopFaults,
  ...providerFormFaults,
} as const satisfies Readonly<Record<string, Fault>>

/** The name of a fault. */
export type FaultName = keyof typeof table

/** Every fault, in the order of the detection matrix. */
export const faultTable: Readonly<Record<FaultName, Fault>> = table

/** The names of all faults. */
export const faultNames = Object.keys(table) as readonly FaultName[]

/** Faults that belong together, one file each. */
interface FaultFamily {
  readonly title: string
  readonly names: readonly FaultName[]
}

const family = (title: string, faults: Partial<Record<FaultName, Fault>>): FaultFamily => ({
  title,
  names: Object.keys(faults) as FaultName[],
})

/** All faults by family, in the order of `faultTable`. */
export const faultFamilies: readonly FaultFamily[] = [
  family('No answer', connectionFaults),
  family('Error status', statusFaults),
  family('Not an event stream', notSseFaults),
  family('Error inside the stream', inbandErrorFaults),
  family('Truncated stream', cutFaults),
  family('Wrong ending', endingFaults),
  family('Malformed JSON or HTTP', malformedFaults),
  family('Stalled or slow stream', paceFaults),
  family('Harmless variations of the bytes', wireFaults),
  family('Changed content', contentFaults),
  family('Unusual but legal events', oddFaults),
  family('Usage', usageFaults),
  family('Stop reasons of other dialects', providerStopFaults),
  family('Tool calls and types of other dialects', providerFormFaults),
]
