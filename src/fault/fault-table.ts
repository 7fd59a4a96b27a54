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
} as const satisfies Readonly<Record<string, Fault>>

/** The name of a fault. */
export type FaultName = keyof typeof table

/** Every fault, in the order of the detection matrix. */
export const faultTable: Readonly<Record<FaultName, Fault>> = table

/** Their names. */
export const faultNames = Object.keys(table) as readonly FaultName[]
