import type { GatewayIdentity } from '../model/gateway.ts'

/** The embedded reference gateway, in words that nobody can take for ccr-rust. */
export function referenceIdentity(gatewayUrl: string): GatewayIdentity {
  return { kind: 'reference', name: 'embedded reference gateway, not ccr-rust', location: gatewayUrl, settings: [] }
}
