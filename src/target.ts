import type { ProtocolName } from './protocol/protocol.ts'

/** What a load aims at: a base URL (no trailing slash) and the protocol to speak there. */
export interface Target {
  readonly baseUrl: string
  readonly protocol: ProtocolName
}
