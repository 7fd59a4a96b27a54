import { printable } from '../base/printable.ts'
import type { GatewayIdentity } from '../model/gateway.ts'

/** What was tested, in one line: name, version unless the name has it, and location. */
export function testedLine({ name, version, location }: GatewayIdentity): string {
  const withVersion = version === undefined || name.includes(version) ? name : `${name} ${version}`
  return `${printable(withVersion)} (${printable(location)})`
}
