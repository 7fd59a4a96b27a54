import { printable } from '../base/printable.ts'
import type { GatewayIdentity } from '../model/gateway.ts'
import type { Target } from '../model/target.ts'

/** What was tested, in one line: name, version unless the name has it, and location. */
export function testedLine({ name, version, location }: GatewayIdentity): string {
  const withVersion = version === undefined || name.includes(version) ? name : `${name} ${version}`
  return `${printable(withVersion)} (${printable(location)})`
}

/** What a load aims at: its URL, the address if the URL has a name, and the protocol. */
export function targetText({ baseUrl, address, protocol }: Target): string {
  return `${printable(baseUrl)}${address === undefined ? '' : ` (${address})`}, ${protocol}`
}
